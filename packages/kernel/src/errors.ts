import type { ErrorKind } from './plugin/error.ts'
import { runtimeErrors } from './runtime/errors.ts'

/** Every kind of error that this package raises; docs/errors is made of it. */
export const errors: readonly ErrorKind<`TENON_${string}`, unknown>[] = [...runtimeErrors]
