import type { Purpose, Receipt } from '@tenon/kernel/contracts'

/** What the receipts of one person say about exactly one purpose, its parents not asked. */
export type Standing =
  | { readonly kind: 'granted'; readonly receipt: Receipt }
  | { readonly kind: 'denied'; readonly receipt: Receipt }
  | { readonly kind: 'silent' }

/**
 * The newest receipt wins, at a tie the denial. Where a receipt is unclear it counts as the stricter reading:
 * a grant without a valid time, from the future, or on a basis that the purpose does not know is none; a denial in
 * the same state is one. Neither a grant nor a denial that has run out brings an older grant back: who agreed on
 * narrower terms agreed to no more than those.
 */
export function standing(receipts: readonly Receipt[], purpose: Purpose, bases: ReadonlySet<string>, now: Date): Standing {
  const own = receipts.filter((receipt) => receipt.purpose === purpose)
  const denials = own.filter((receipt) => receipt.state !== 'granted')
  const grant = newest(own.filter((receipt) => isGrant(receipt, bases, now)))
  const denial = newest(denials)
  if (grant !== undefined && isLive(grant, now) && (denial === undefined || timeOf(denial) < timeOf(grant)))
    return { kind: 'granted', receipt: grant }
  const live = newest(denials.filter((receipt) => !hasRunOut(receipt, now)))
  return live === undefined ? { kind: 'silent' } : { kind: 'denied', receipt: live }
}

const isGrant = (receipt: Receipt, bases: ReadonlySet<string>, now: Date): boolean =>
  receipt.state === 'granted' && bases.has(receipt.basis) && receipt.at.getTime() <= now.getTime()

/** An end that can not be read is past. */
const isLive = ({ expiresAt }: Receipt, now: Date): boolean => expiresAt === undefined || expiresAt.getTime() > now.getTime()

const hasRunOut = (receipt: Receipt, now: Date): boolean => receipt.expiresAt !== undefined && receipt.expiresAt.getTime() <= now.getTime()

/** An unreadable time is only left on denials here, where it counts as the newest. */
const timeOf = (receipt: Receipt): number => {
  const time = receipt.at.getTime()
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time
}

const newest = (receipts: readonly Receipt[]): Receipt | undefined =>
  receipts.reduce<Receipt | undefined>((best, next) => {
    if (best === undefined || timeOf(next) > timeOf(best)) return next
    // At the same instant the answer must not depend on the order of delivery.
    return timeOf(next) === timeOf(best) && next.id > best.id ? next : best
  }, undefined)
