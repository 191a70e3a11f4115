import type { ConsentPolicy, ProfileId, Purpose, Receipt } from '@tenon/kernel/contracts'
import type { SignalReceipt } from './fresh-signals.ts'
import { againAt, isSaidAgain, isSilence, silenceOn } from './silence.ts'
import { stricterOf } from './stricter-on-merge.ts'

/** What was said, and by whom, when two profiles that were one person for a while are two again. */
export interface UnmergedHistories {
  readonly restored: Side
  readonly remaining: Side
  /** Ids of those receipts of the remaining side that were recorded while the two were one. */
  readonly shared: ReadonlySet<string>
  /** When they became two again. */
  readonly at: Date
}

interface Side {
  readonly profile: ProfileId
  /** What came with its profiles, the newest first. */
  readonly receipts: readonly Receipt[]
}

/**
 * What must be written when a merge is taken back. Receipts keep the profile they came with, so each side has its own again; but what
 * was recorded meanwhile came with the survivor, and nobody can tell which of the two said it. So it binds both, where it is stricter:
 * a no is a no of both, a yes loosens nothing that either had said before, and is nobody's whom nobody had asked. What the merge
 * itself had said again for the other side is taken out of the way, and what was said again of somebody who remains binds nobody who
 * leaves: each is bound by its own words. Where a side was never asked itself,
 * what was said again of others who have left is nobody's word: a yes of theirs is taken back, and there is silence.
 */
export function afterUnmerge(histories: UnmergedHistories, policies: ReadonlyMap<string, ConsentPolicy>): readonly SignalReceipt[] {
  const { restored, remaining, at } = histories
  const foreign = repeatsOf(
    remaining.receipts.filter(({ source }) => source === 'merge'),
    restored.receipts,
  )
  const words = remaining.receipts.filter(({ id }) => !foreign.has(id))
  const shared = words.filter(({ id }) => histories.shared.has(id))
  const ofRemaining = words.filter(({ id }) => !histories.shared.has(id))
  const saidAgain = repeatsOf(remaining.receipts.filter(isSaidAgain), ofRemaining)
  const ofEither = shared.filter(({ id }) => !saidAgain.has(id))
  const sides = [
    { side: restored, own: restored.receipts, shared: ofEither, asks: ({ state }: Receipt) => state !== 'granted' },
    { side: remaining, own: ofRemaining, shared, asks: () => true },
  ]
  return sides.flatMap(({ side, own, shared, asks }) => {
    const { profile } = side
    const purposes = new Set([...side.receipts, ...shared].map(({ purpose }) => purpose))
    return [...purposes].flatMap((purpose) => {
      const counts = countsFor(side, purpose)
      const before = own.find(counts)
      const since = shared.find((receipt) => counts(receipt) && (before !== undefined || asks(receipt)))
      const binding = bindingOf(before, since, policies)
      const read = newestOf(side, purpose)
      if (binding === undefined) return read?.state === 'granted' && !counts(read) ? [silenceOn(read, { profile, at })] : []
      if (binding.id === read?.id) return []
      const { id, ...said } = binding
      return [{ ...said, profile, at: againAt(said, { read, now: at }), source: 'unmerge', evidence: { ...said.evidence, repeats: id } }]
    })
  })
}

/** Of a side that never said anything itself: what merges said again for others, and a yes that an unmerge did, are not its words. */
function countsFor({ receipts }: Side, purpose: Purpose): (receipt: Receipt) => boolean {
  const wasAsked = receipts.some((receipt) => receipt.purpose === purpose && !isSaidAgain(receipt))
  const isOthers = (receipt: Receipt): boolean => isSaidAgain(receipt) && (receipt.source === 'merge' || receipt.state === 'granted')
  return (receipt) => receipt.purpose === purpose && !isSilence(receipt) && (wasAsked || !isOthers(receipt))
}

function bindingOf(
  before: Receipt | undefined,
  since: Receipt | undefined,
  policies: ReadonlyMap<string, ConsentPolicy>,
): Receipt | undefined {
  if (before === undefined || since === undefined) return before ?? since
  return stricterOf(before, since, policies)
}

const newestOf = ({ receipts }: Side, purpose: Purpose): Receipt | undefined => receipts.find((receipt) => receipt.purpose === purpose)

/** Those of the copies that say again, through any number of copies, what is among the words. */
function repeatsOf(copies: readonly Receipt[], words: readonly Receipt[]): ReadonlySet<string> {
  const theirs = new Set(words.map(({ id }) => id))
  const repeats = new Set<string>()
  for (let found = -1; found !== repeats.size; ) {
    found = repeats.size
    for (const { id, evidence } of copies) {
      const said = evidence.repeats
      if (typeof said === 'string' && (theirs.has(said) || repeats.has(said))) repeats.add(id)
    }
  }
  return repeats
}
