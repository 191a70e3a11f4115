import type { ConsentPolicy, ProfileId, Purpose, Receipt } from '@tenon/kernel/contracts'
import type { SignalReceipt } from './fresh-signals.ts'
import { againAt, isSaidAgain, silenceOn, spoken } from './silence.ts'
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
 * a no is a no of both, a yes loosens nothing that either had said before, and is nobody's whom nobody had asked before. What the merge
 * itself had said again for the other side is taken out of the way, and what was said again of a third one binds nobody who
 * leaves: each is bound by its own words. Where a side was never asked itself, a yes of the time between, or of others who have left, is
 * nobody's word: it is taken back, and there is silence.
 */
export function afterUnmerge(histories: UnmergedHistories, policies: ReadonlyMap<string, ConsentPolicy>): readonly SignalReceipt[] {
  const { restored, remaining, at } = histories
  const foreign = repeatsOf(
    remaining.receipts.filter(({ source }) => source === 'merge'),
    restored.receipts,
  )
  const words = spoken(remaining.receipts).filter(({ id }) => !foreign.has(id))
  const shared = words.filter(({ id }) => histories.shared.has(id))
  const ofRemaining = words.filter(({ id }) => !histories.shared.has(id))
  const sides = [
    { side: restored, own: spoken(restored.receipts), meanwhile: ofEither(shared, ofRemaining) },
    { side: remaining, own: ofRemaining, meanwhile: shared },
  ]
  return sides.flatMap(({ side, own, meanwhile }) => {
    const { profile } = side
    const purposes = new Set([...side.receipts, ...meanwhile].map(({ purpose }) => purpose))
    return [...purposes].flatMap((purpose) => {
      const counts = countsFor(side, purpose)
      const before = own.find(counts)
      const since = meanwhile.find((receipt) => counts(receipt) && (before !== undefined || receipt.state !== 'granted'))
      const binding = bindingOf(before, since, policies)
      const read = newestOf(side, purpose)
      if (binding === undefined)
        return read?.state === 'granted' ? [silenceOn(read, { profile, granted: grantedOf(side, purpose), now: at })] : []
      if (read !== undefined && (binding.id === read.id || binding.id === read.evidence.repeats)) return []
      const { id, ...said } = binding
      return [{ ...said, profile, at: againAt(said, { read, now: at }), source: 'unmerge', evidence: { ...said.evidence, repeats: id } }]
    })
  })
}

/**
 * What may be the word of either side: not what was said again meanwhile of somebody who remains, nor what a merge said again of somebody who
 * has left already. A no that an unmerge said again is kept: its first word may have gone with another.
 */
function ofEither(shared: readonly Receipt[], ofRemaining: readonly Receipt[]): readonly Receipt[] {
  const ofThem = repeatsOf(shared.filter(isSaidAgain), ofRemaining)
  const candidates = shared.filter(({ id }) => !ofThem.has(id))
  const isCopy = ({ source }: Receipt): boolean => source === 'merge'
  const words = candidates.filter((receipt) => !isCopy(receipt))
  const ofWords = repeatsOf(candidates.filter(isCopy), words)
  return candidates.filter((receipt) => !isCopy(receipt) || ofWords.has(receipt.id))
}

/** Of a side that never said anything itself: what merges said again for others, and a yes that an unmerge did, are not its words. */
function countsFor({ receipts }: Side, purpose: Purpose): (receipt: Receipt) => boolean {
  const wasAsked = spoken(receipts).some((receipt) => receipt.purpose === purpose && !isSaidAgain(receipt))
  const isOthers = (receipt: Receipt): boolean => isSaidAgain(receipt) && (receipt.source === 'merge' || receipt.state === 'granted')
  return (receipt) => receipt.purpose === purpose && (wasAsked || !isOthers(receipt))
}

function bindingOf(
  before: Receipt | undefined,
  since: Receipt | undefined,
  policies: ReadonlyMap<string, ConsentPolicy>,
): Receipt | undefined {
  if (before === undefined || since === undefined) return before ?? since
  return stricterOf(before, since, policies)
}

const grantedOf = ({ receipts }: Side, purpose: Purpose): readonly Receipt[] =>
  receipts.filter((receipt) => receipt.purpose === purpose && receipt.state === 'granted')

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
