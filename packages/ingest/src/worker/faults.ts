import type { Fault } from './incoming.ts'

/** Data that a store refuses, and the station that met it. */
export const poisonOf = (stage: 'open' | 'write', error: unknown): Fault => ({
  stage,
  code: 'UNSTORABLE',
  reason: error instanceof Error ? error.message : 'thrown',
})

/** When most of a batch is refused, it is not the data that is wrong. */
export function few<T>(culprits: ReadonlyMap<T, unknown>, of: number): ReadonlyMap<T, unknown> {
  const [error] = culprits.values()
  if (culprits.size > 10 && culprits.size > of / 2) throw new Error('a store refuses most of a batch', { cause: error })
  return culprits
}
