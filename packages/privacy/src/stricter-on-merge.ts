import type { ConsentPolicy, ProfileId, Receipt } from '@tenon/kernel/contracts'
import type { SignalReceipt } from './fresh-signals.ts'
import { sayAgain } from './said-again.ts'
import { againAt, spoken } from './silence.ts'

/**
 * What must be written when profiles become one person. Their receipts are read as one history afterwards, and there the
 * newest wins; where one of them had said no, or yes on narrower terms, that must not be lost to a newer yes of the
 * other. So for each such purpose the stricter receipt is said again at the time of the merge.
 */
export function stricterOnMerge(merge: {
  readonly into: ProfileId
  /** Of each profile as it was before, the newest first. */
  readonly before: readonly (readonly Receipt[])[]
  readonly at: Date
  readonly policies: ReadonlyMap<string, ConsentPolicy>
}): readonly SignalReceipt[] {
  const { into, before, at, policies } = merge
  const said = before.map(spoken)
  const purposes = new Set(before.flatMap((receipts) => receipts.map(({ purpose }) => purpose)))
  return [...purposes].flatMap((purpose) => {
    const lastOf = (histories: readonly (readonly Receipt[])[]): readonly Receipt[] =>
      histories.flatMap((receipts) => receipts.find((receipt) => receipt.purpose === purpose) ?? [])
    const last = lastOf(before)
    const [newest] = last.toSorted((left, right) => right.at.getTime() - left.at.getTime())
    const binding = strictestOf(lastOf(said), policies)
    if (newest === undefined || binding === undefined || last.length < 2 || binding.id === newest.id) return []
    return [sayAgain(binding, { profile: into, at: againAt(binding, { read: newest, now: at }), source: 'merge' })]
  })
}

/** Of several, the first where they are alike; undefined of none. */
export function strictestOf(receipts: readonly Receipt[], policies: ReadonlyMap<string, ConsentPolicy>): Receipt | undefined {
  const [first, ...others] = receipts
  return first && others.reduce((left, right) => stricterOf(left, right, policies), first)
}

/** A no of any policy beats a yes; a policy that fails can not make it looser. */
function stricterOf(left: Receipt, right: Receipt, policies: ReadonlyMap<string, ConsentPolicy>): Receipt {
  if ((left.state === 'granted') !== (right.state === 'granted')) return left.state === 'granted' ? right : left
  for (const policy of policies.values()) {
    try {
      const binding = policy.stricter(left, right)
      if (binding.id === left.id) return left
      if (binding.id === right.id) return right
    } catch {
      // The next policy says; without any the older one binds, which promises nothing new.
    }
  }
  return left.at <= right.at ? left : right
}
