import type { ProfileId, Receipt } from '@tenon/kernel/contracts'
import type { NewReceipt } from './ledger.ts'
import { spoken } from './silence.ts'

/** How long a no that repeats with every event is not written down again. */
export const QUIET_MS = 600_000

export type SignalReceipt = { readonly profile: ProfileId } & NewReceipt

/**
 * Clients repeat their consent with every event; the ledger keeps what changes something. A yes on a yes is left
 * out. A no is written again once it is ten minutes newer than the last one. Since a no may have been left out in those
 * ten minutes, a yes by signal counts only after them: in whatever order signals arrive, the latest no is never lost.
 * What people say explicitly is recorded as it is and takes effect at once.
 */
export function freshSignals(
  known: ReadonlyMap<ProfileId, readonly (Receipt | NewReceipt)[]>,
  signals: readonly SignalReceipt[],
): readonly SignalReceipt[] {
  const heard = new Map<string, Heard>()
  const about = (profile: ProfileId, { purpose }: { readonly purpose: string }): Heard => {
    const key = `${profile} ${purpose}`
    const entry = heard.get(key) ?? { yes: LONG_AGO, lastingYes: LONG_AGO, no: LONG_AGO }
    heard.set(key, entry)
    return entry
  }
  const hear = (profile: ProfileId, receipt: Receipt | NewReceipt): void => {
    const entry = about(profile, receipt)
    const time = receipt.at.getTime()
    if (receipt.state !== 'granted') entry.no = Math.max(entry.no, time)
    else {
      entry.yes = Math.max(entry.yes, time)
      if (receipt.expiresAt === undefined) entry.lastingYes = Math.max(entry.lastingYes, time)
    }
  }
  const isNew = (signal: SignalReceipt): boolean => {
    const { yes, lastingYes, no } = about(signal.profile, signal)
    const time = signal.at.getTime()
    if (signal.state !== 'granted') return time > no + QUIET_MS || (yes > no && time >= yes)
    // A yes that ends is repeated now and then, a lasting one never.
    return time > no + QUIET_MS && lastingYes <= no && time > yes + QUIET_MS
  }
  for (const [profile, receipts] of known) for (const receipt of spoken(receipts)) hear(profile, receipt)
  return signals.toSorted(byTime).filter((signal) => {
    const fresh = isNew(signal)
    if (fresh) hear(signal.profile, signal)
    return fresh
  })
}

interface Heard {
  yes: number
  lastingYes: number
  no: number
}

const LONG_AGO = Number.NEGATIVE_INFINITY

const byTime = (left: SignalReceipt, right: SignalReceipt): number => left.at.getTime() - right.at.getTime()
