import type { Receipt } from '@tenon/kernel/contracts'

/**
 * Of two receipts the one that binds after a merge. A total order, so that any number of receipts come to the same
 * one in whatever order they meet: denials before grants, denials by the longer life, grants by the shorter.
 */
export const stricter = (left: Receipt, right: Receipt): Receipt => (compare(left, right) <= 0 ? left : right)

function compare(left: Receipt, right: Receipt): number {
  const denies = Number(left.state === 'granted') - Number(right.state === 'granted')
  if (denies !== 0) return denies
  const life = endOf(left) - endOf(right)
  if (life !== 0 && !Number.isNaN(life)) return left.state === 'granted' ? life : -life
  return order(time(right.at), time(left.at)) || order(fingerprint(left), fingerprint(right))
}

const NEVER = 8.64e15

const time = (at: Date): number => (Number.isNaN(at.getTime()) ? NEVER : at.getTime())

/** An unreadable end counts against the person's exposure: none for a grant, never for a denial. */
const endOf = (receipt: Receipt): number => {
  if (receipt.expiresAt === undefined) return NEVER
  const end = receipt.expiresAt.getTime()
  if (Number.isNaN(end)) return receipt.state === 'granted' ? -NEVER : NEVER
  return end
}

const order = <T extends number | string>(left: T, right: T): number => (left < right ? -1 : left > right ? 1 : 0)

const fingerprint = (receipt: Receipt): string =>
  JSON.stringify([receipt.id, receipt.state, receipt.purpose, receipt.basis, receipt.notice, receipt.source, receipt.evidence])
