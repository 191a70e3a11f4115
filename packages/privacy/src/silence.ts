import type { ProfileId, Receipt } from '@tenon/kernel/contracts'
import type { SignalReceipt } from './fresh-signals.ts'

/**
 * Takes back what was said again for somebody who never said anything: a denial that has run out, which brings nothing older back. It is
 * no word of anybody: whatever is said, before or afterwards, goes before it.
 */
export const silenceOn = (
  { id, ...said }: Receipt,
  { profile, at }: { readonly profile: ProfileId; readonly at: Date },
): SignalReceipt => ({
  ...said,
  ...{ profile, at, state: 'withdrawn', expiresAt: at, source: 'unmerge', evidence: { takesBack: id } },
})

export const isSilence = ({ source, evidence }: Pick<Receipt, 'source' | 'evidence'>): boolean =>
  source === 'unmerge' && typeof evidence.takesBack === 'string'

/** A merge, or the taking back of one, has said it again for somebody: it is nobody's own word at that time. */
export const isSaidAgain = ({ source }: Pick<Receipt, 'source'>): boolean => source === 'merge' || source === 'unmerge'

/** What somebody has said: neither silences nor what they take back, which is all that was said again for others until then. */
export function spoken<Told extends Omit<Receipt, 'id'>>(receipts: readonly Told[]): readonly Told[] {
  const silentSince = new Map<string, number>()
  for (const receipt of receipts) {
    const since = silentSince.get(receipt.purpose) ?? Number.NEGATIVE_INFINITY
    if (isSilence(receipt)) silentSince.set(receipt.purpose, Math.max(since, receipt.at.getTime()))
  }
  if (silentSince.size === 0) return receipts
  const isTakenBack = (receipt: Told): boolean =>
    isSaidAgain(receipt) && receipt.at.getTime() <= (silentSince.get(receipt.purpose) ?? Number.NEGATIVE_INFINITY)
  return receipts.filter((receipt) => !isTakenBack(receipt))
}

/**
 * The instant at which a merge, or the taking back of one, says a receipt again: behind all that was `read` before. A yes is no younger than
 * that, so that a no wins that is recorded at the same moment; a no is of now, so that such a yes does not.
 */
export function againAt(
  { state }: Pick<Receipt, 'state'>,
  { read, now }: { readonly read: Pick<Receipt, 'at'> | undefined; readonly now: Date },
): Date {
  if (read === undefined) return now
  const behind = read.at.getTime() + 1
  return new Date(state === 'granted' ? behind : Math.max(behind, now.getTime()))
}
