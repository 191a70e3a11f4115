import type { ProfileId } from '@tenon/kernel/contracts'
import type { Kept, NewReceipt } from './ledger.ts'
import { isSaidAgain, spoken } from './silence.ts'

/** How long a no that repeats with every event is not written down again. */
export const QUIET_MS = 600_000

export type SignalReceipt = { readonly profile: ProfileId } & NewReceipt

/**
 * Clients repeat their consent with every event; the ledger keeps what changes something. A yes on a yes is left
 * out. A no is written again once it is ten minutes newer than the last one. Since a no may have been left out in those
 * ten minutes, a yes by signal counts only after them: in whatever order signals arrive, the latest no is never lost.
 * What people say explicitly is recorded as it is and takes effect at once.
 *
 * A signal is left out only for what came with the same profile: what came with another one that was merged, and what a merge said
 * again, is gone when the merge is taken back, and would take the word that was left out with it.
 */
export function freshSignals(known: ReadonlyMap<ProfileId, readonly Kept[]>, signals: readonly SignalReceipt[]): readonly SignalReceipt[] {
  const heard = new Map<string, Heard>()
  const about = (profile: ProfileId, { purpose }: { readonly purpose: string }): Heard => {
    const key = `${profile} ${purpose}`
    const entry = heard.get(key) ?? { yes: LONG_AGO, no: LONG_AGO, own: { yes: LONG_AGO, lastingYes: LONG_AGO, no: LONG_AGO } }
    heard.set(key, entry)
    return entry
  }
  const hear = (person: ProfileId, { profile, receipt }: Kept): void => {
    const entry = about(person, receipt)
    const [time, isYes, isOwn] = [receipt.at.getTime(), receipt.state === 'granted', profile === person && !isSaidAgain(receipt)]
    for (const of of isOwn ? [entry, entry.own] : [entry]) {
      if (isYes) of.yes = Math.max(of.yes, time)
      else of.no = Math.max(of.no, time)
    }
    if (isOwn && isYes && receipt.expiresAt === undefined) entry.own.lastingYes = Math.max(entry.own.lastingYes, time)
  }
  const isNew = (signal: SignalReceipt): boolean => {
    const { yes, no, own } = about(signal.profile, signal)
    const time = signal.at.getTime()
    if (signal.state !== 'granted') return time > own.no + QUIET_MS || (yes > own.no && time >= yes)
    // A yes that ends is repeated now and then, a lasting one never.
    return time > no + QUIET_MS && own.lastingYes <= no && time > own.yes + QUIET_MS
  }
  for (const [person, held] of known) {
    const said = new Set(spoken(held.map(({ receipt }) => receipt)))
    for (const kept of held) if (said.has(kept.receipt)) hear(person, kept)
  }
  return signals.toSorted(byTime).filter((signal) => {
    const fresh = isNew(signal)
    if (fresh) hear(signal.profile, { profile: signal.profile, receipt: signal })
    return fresh
  })
}

interface Said {
  yes: number
  no: number
}

interface Heard extends Said {
  readonly own: Said & { lastingYes: number }
}

const LONG_AGO = Number.NEGATIVE_INFINITY

const byTime = (left: SignalReceipt, right: SignalReceipt): number => left.at.getTime() - right.at.getTime()
