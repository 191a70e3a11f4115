import type { ErrorKind } from '@tenon/kernel'
import { StaleSkip } from './conformance/stale-skip.ts'

/** Every kind of error that this package raises; docs/errors is made of it. */
export const errors: readonly ErrorKind<`TENON_${string}`, unknown>[] = [StaleSkip]
