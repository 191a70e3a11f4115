import type { ProfileId, Receipt } from '@tenon/kernel/contracts'
import type { SignalReceipt } from './fresh-signals.ts'

/**
 * Takes back all that was read, which were the words of others, for somebody who never said anything: a denial that has run out, which
 * brings nothing older back. It is no word of anybody: whatever is said, before or afterwards, goes before it.
 */
export function silenceOn(
  newest: Receipt,
  { profile, all, now }: { readonly profile: ProfileId; readonly all: readonly Receipt[]; readonly now: Date },
): SignalReceipt {
  const { id: takesBack, ...said } = newest
  const at = againAt({ state: 'withdrawn' }, { read: newest, now })
  const evidence = { takesBack, instead: all.map(({ id }) => id) }
  return { ...said, profile, at, state: 'withdrawn', expiresAt: at, source: 'unmerge', evidence }
}

export const isSilence = ({ source, evidence }: Pick<Receipt, 'source' | 'evidence'>): boolean =>
  source === 'unmerge' && typeof evidence.takesBack === 'string'

/** A merge, or the taking back of one, has said it again for somebody: it is nobody's own word at that time. */
export const isSaidAgain = ({ source }: Pick<Receipt, 'source'>): boolean => source === 'merge' || source === 'unmerge'

/**
 * What somebody has said: neither silences, nor what an unmerge took back by its id. Silences that name none take back all that was said again for others
 * until then.
 */
export function spoken<Told extends Omit<Receipt, 'id'> & { readonly id?: string }>(receipts: readonly Told[]): readonly Told[] {
  const silentSince = new Map<string, number>()
  const takenBack = new Set<unknown>()
  for (const receipt of receipts) {
    const { instead } = receipt.evidence
    if (receipt.source === 'unmerge' && Array.isArray(instead)) for (const id of instead) takenBack.add(id)
    else if (isSilence(receipt)) {
      const since = silentSince.get(receipt.purpose) ?? Number.NEGATIVE_INFINITY
      silentSince.set(receipt.purpose, Math.max(since, receipt.at.getTime()))
    }
  }
  if (takenBack.size === 0 && silentSince.size === 0) return receipts
  const isTakenBack = (receipt: Told): boolean =>
    isSilence(receipt) ||
    (takenBack.has(receipt.id) && (receipt.state === 'granted' || isSaidAgain(receipt))) ||
    (isSaidAgain(receipt) && receipt.at.getTime() <= (silentSince.get(receipt.purpose) ?? Number.NEGATIVE_INFINITY))
  return receipts.filter((receipt) => !isTakenBack(receipt))
}

/**
 * The instant at which a merge, or the taking back of one, says a receipt again: behind all that was `read` before. A yes is not dated later than
 * that, so that a no which is recorded while it is being said wins; a no is of now, so that it wins over a yes of before.
 */
export function againAt(
  { state }: Pick<Receipt, 'state'>,
  { read, now }: { readonly read: Pick<Receipt, 'at'> | undefined; readonly now: Date },
): Date {
  if (read === undefined) return now
  const behind = read.at.getTime() + 1
  return new Date(state === 'granted' ? behind : Math.max(behind, now.getTime()))
}
