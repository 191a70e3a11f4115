import type { ProfileId } from '@tenon/kernel/contracts'

/** People in the order in which they come, `size` at a time. */
export function* inPortions(profiles: readonly ProfileId[], size: number): Generator<readonly ProfileId[]> {
  for (let from = 0; from < profiles.length; from += size) yield profiles.slice(from, from + size)
}
