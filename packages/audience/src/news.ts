import type { ProfileId } from '@tenon/kernel/contracts'

/** What is new in a workspace: batches from `first` to `last`, and people. */
export interface News {
  first: number
  last: number
  /** How many of them were told of. */
  told: number
  /** Also what was stored while nobody listened. */
  isBehind: boolean
  /** Whom the events of the batches are of; undefined where only the engine knows. */
  touched: Set<ProfileId> | undefined
  /** About whom something other than an event changed. */
  readonly changed: Set<ProfileId>
  /** When the first of the events was received, where that is known: milliseconds. */
  receivedAt: number
}

/** So many are remembered; of more the engine is asked: what waits to be evaluated must not take memory without a bound. */
export const MOST_TOUCHED = 100_000

export function news(some: Partial<News> = {}): News {
  const { first = Number.POSITIVE_INFINITY, last = 0, told = 0, isBehind = false, receivedAt = Number.POSITIVE_INFINITY } = some
  const touched = 'touched' in some ? some.touched : new Set<ProfileId>()
  return { first, last, told, isBehind, touched, changed: some.changed ?? new Set(), receivedAt }
}

/** Adds in place: batches come often and are large. `more` stays as it is. */
export function addNews(to: News, more: News): void {
  to.first = Math.min(to.first, more.first)
  to.last = Math.max(to.last, more.last)
  to.told += more.told
  to.isBehind ||= more.isBehind
  to.receivedAt = Math.min(to.receivedAt, more.receivedAt)
  for (const profile of more.changed) to.changed.add(profile)
  const { touched } = to
  if (touched === undefined || more.touched === undefined) to.touched = undefined
  else {
    for (const profile of more.touched) touched.add(profile)
    if (touched.size > MOST_TOUCHED) to.touched = undefined
  }
}
