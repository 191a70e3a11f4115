import type { ProfileId } from '@tenon/kernel/contracts'
import { type PlaceNo, placeNoes, type Word } from './late-no.ts'
import type { Kept, NewReceipt } from './ledger.ts'
import { isSaidAgain, spoken } from './silence.ts'

/** How long a no that repeats with every event is not written down again. */
export const QUIET_MS = 600_000

export type SignalReceipt = { readonly profile: ProfileId } & NewReceipt

/**
 * Clients repeat their consent with every event; the ledger keeps what changes something. A yes on a yes is left
 * out. A no is written again once it is ten minutes newer than the last one. Since a no may have been left out in those
 * ten minutes, a yes by signal counts only after them: in whatever order signals arrive, the latest no is never lost.
 * What people say explicitly takes effect at once. A no of before a yes that was said again since is put behind that: see `placeNoes`.
 *
 * A no is left out only for one that was said by all that the person is now. One that came with another profile, that a merge said again,
 * or that is older than the newest merge does not speak for who has joined, and would take the word that was left out with it when the
 * merge is taken back.
 */
export function freshSignals(known: ReadonlyMap<ProfileId, readonly Kept[]>, signals: readonly SignalReceipt[]): readonly SignalReceipt[] {
  const heard = new Map<string, Heard>()
  const yesesOf = answersIn(signals)
  const about = (profile: ProfileId, { purpose }: { readonly purpose: string }): Heard => {
    const key = `${profile} ${purpose}`
    const entry = heard.get(key) ?? { yes: LONG_AGO, lastingYes: LONG_AGO, no: LONG_AGO, noesOfAll: [], taken: new Set() }
    heard.set(key, entry)
    return entry
  }
  const hear = (person: ProfileId, { profile, receipt, isOfAll }: Kept): void => {
    const entry = about(person, receipt)
    const time = receipt.at.getTime()
    if (profile === person) entry.taken.add(placeOf(receipt, time))
    if (receipt.state !== 'granted') {
      entry.no = Math.max(entry.no, time)
      if (isOfAll && profile === person && !isSaidAgain(receipt)) addNo(entry.noesOfAll, { at: time, until: endOf(receipt) })
    } else {
      entry.yes = Math.max(entry.yes, time)
      if (receipt.expiresAt === undefined) entry.lastingYes = Math.max(entry.lastingYes, time)
    }
  }
  const isNew = (signal: SignalReceipt): boolean => {
    const { yes, lastingYes, no, noesOfAll } = about(signal.profile, signal)
    const time = signal.at.getTime()
    if (signal.state !== 'granted') {
      // One that runs out hides none that lasts longer, but for the minutes in which both are repeated.
      const hiding = noesOfAll.find(({ until }) => until + QUIET_MS >= endOf(signal))?.at ?? LONG_AGO
      return time > hiding + QUIET_MS || (yes > hiding && time >= yes)
    }
    // A yes that ends is repeated now and then; a lasting one is not, unless one that ends was said since.
    const lasts = lastingYes > no && lastingYes >= yes
    return time > no + QUIET_MS && !lasts && time > yes + QUIET_MS
  }
  const places = new Map<ProfileId, PlaceNo>()
  /** A yes of the batch answers a no that comes late, but for the minutes in which both are repeated. */
  const inTime = (signal: SignalReceipt): SignalReceipt => {
    if (signal.state === 'granted') return signal
    const { profile } = signal
    const place = places.get(profile) ?? placeNoes([...(known.get(profile) ?? []), ...(yesesOf.get(profile) ?? [])])
    places.set(profile, place)
    return place(signal)
  }
  /** The ledger has one place for what is said at one instant: a no that is not left out is put behind what it does not repeat. */
  const placed = (signal: SignalReceipt): SignalReceipt => {
    if (signal.state === 'granted') return signal
    const { taken } = about(signal.profile, signal)
    let time = signal.at.getTime()
    while (taken.has(placeOf(signal, time))) time++
    return time === signal.at.getTime() ? signal : { ...signal, at: new Date(time) }
  }
  for (const [person, held] of known) {
    const said = new Set(spoken(held.map(({ receipt }) => receipt)))
    for (const kept of held) if (said.has(kept.receipt)) hear(person, kept)
  }
  return signals.toSorted(byTime).flatMap((given) => {
    const signal = inTime(given)
    if (!isNew(signal)) return []
    const fresh = placed(signal)
    hear(signal.profile, { profile: signal.profile, receipt: fresh, isOfAll: true })
    return [fresh]
  })
}

/** What people say yes to, as far as it may answer a no: so much later that it is not repeated together with it. */
function answersIn(signals: readonly SignalReceipt[]): ReadonlyMap<ProfileId, readonly Word[]> {
  const answers = new Map<ProfileId, Word[]>()
  for (const signal of signals) {
    if (signal.state !== 'granted') continue
    const of = answers.get(signal.profile) ?? []
    of.push({ receipt: { ...signal, at: new Date(signal.at.getTime() - QUIET_MS) }, isOfAll: true })
    answers.set(signal.profile, of)
  }
  return answers
}

interface No {
  readonly at: number
  readonly until: number
}

/** The latest first, and of those before it only such as last longer. */
function addNo(noes: No[], no: No): void {
  const all = [...noes, no].toSorted((left, right) => right.at - left.at || right.until - left.until)
  let longest = LONG_AGO
  noes.length = 0
  for (const one of all) {
    if (one.until <= longest) continue
    longest = one.until
    noes.push(one)
  }
}

const endOf = ({ expiresAt }: Pick<NewReceipt, 'expiresAt'>): number => expiresAt?.getTime() ?? Number.POSITIVE_INFINITY

const placeOf = ({ state, source }: Pick<NewReceipt, 'state' | 'source'>, time: number): string => `${time} ${state} ${source}`

interface Heard {
  yes: number
  lastingYes: number
  no: number
  /** By the rule of `addNo`. */
  readonly noesOfAll: No[]
  readonly taken: Set<string>
}

const LONG_AGO = Number.NEGATIVE_INFINITY

const byTime = (left: SignalReceipt, right: SignalReceipt): number => left.at.getTime() - right.at.getTime()
