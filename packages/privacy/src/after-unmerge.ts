import type { ConsentPolicy, ProfileId, Purpose, Receipt } from '@tenon/kernel/contracts'
import type { SignalReceipt } from './fresh-signals.ts'
import { againAt, isSaidAgain, silenceOn, spoken } from './silence.ts'
import { stricterOf } from './stricter-on-merge.ts'

/** What was said, and by whom, when two profiles that were one person for a while are two again. */
export interface UnmergedHistories {
  readonly restored: Side
  readonly remaining: Side & {
    /** Its profiles, each with what came with it. */
    readonly parts: readonly (Side & {
      /** The restored side was a part of it: what was recorded then may be the word of either. */
      readonly wasBoth: boolean
    })[]
  }
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
 *
 * Of those who remain, each profile that the restored one was a part of is looked at alone, so that it does not matter who leaves first. Where
 * that loosens what binds the person, those who stay with it bind it as in a merge.
 */
export function afterUnmerge(histories: UnmergedHistories, policies: ReadonlyMap<string, ConsentPolicy>): readonly SignalReceipt[] {
  const { restored, remaining, at } = histories
  const ofThoseWhoStay = repeatsOf(
    remaining.receipts.filter(isCopy),
    remaining.receipts.filter((receipt) => !isCopy(receipt)),
  )
  const ofRestoredAlone = repeatsOf(remaining.receipts.filter(isSaidAgain), restored.receipts)
  // A no that was said again of those who leave was one of the time between, unless a merge did it.
  const isWord = (receipt: Receipt): boolean =>
    isCopy(receipt) ? ofThoseWhoStay.has(receipt.id) : receipt.state !== 'granted' || !ofRestoredAlone.has(receipt.id)
  const wordsOf = ({ receipts }: Side): readonly Receipt[] => spoken(receipts).filter(isWord)
  const isShared = ({ id }: Receipt): boolean => histories.shared.has(id)
  const words = wordsOf(remaining)
  const meanwhile = ofEither(
    words.filter(isShared),
    words.filter((receipt) => !isShared(receipt)),
  )
  const ofRestored = outcomesOf({ side: restored, own: spoken(restored.receipts), meanwhile, at }, policies)
  const others = remaining.parts.filter(({ wasBoth }) => !wasBoth).map(wordsOf)
  const ofRemaining = remaining.parts
    .filter(({ wasBoth }) => wasBoth)
    .flatMap((side) => {
      const said = wordsOf(side)
      // What was said again meanwhile of its own is no word of the time between.
      const again = repeatsOf(
        said.filter(isSaidAgain),
        said.filter((receipt) => !isShared(receipt)),
      )
      const [own, meanwhile] = [true, false].map((isOwn) =>
        said.filter((receipt) => (!isShared(receipt) || again.has(receipt.id)) === isOwn),
      )
      return outcomesOf({ side, own: own ?? [], meanwhile: meanwhile ?? [], at }, policies)
    })
  return [...ofRestored, ...ofRemaining].flatMap((outcome) => {
    const bound =
      outcome.written.profile === restored.profile
        ? undefined
        : boundByOthers(outcome, { others, profile: remaining.profile, at }, policies)
    return bound === undefined ? [outcome.written] : [outcome.written, bound]
  })
}

interface Outcome {
  /** What binds the side; nothing where it is silent. */
  readonly binding: Receipt | undefined
  readonly written: SignalReceipt
}

/** For each purpose of a side what must be said again, so that it is bound by the stricter of its own words and those of the time between. */
function outcomesOf(
  {
    side,
    own,
    meanwhile,
    at,
  }: { readonly side: Side; readonly own: readonly Receipt[]; readonly meanwhile: readonly Receipt[]; readonly at: Date },
  policies: ReadonlyMap<string, ConsentPolicy>,
): readonly Outcome[] {
  const { profile, receipts } = side
  const purposes = new Set([...receipts, ...meanwhile].map(({ purpose }) => purpose))
  return [...purposes].flatMap((purpose): readonly Outcome[] => {
    const counts = countsFor(own, purpose)
    const before = own.find(counts)
    const since = meanwhile.find((receipt) => counts(receipt) && (before !== undefined || receipt.state !== 'granted'))
    const about = receipts.filter((receipt) => receipt.purpose === purpose)
    const [read] = about
    // Of two that are alike the one that is read already, so that nothing need be written.
    const [first, second] = since?.id === read?.id ? [since, before] : [before, since]
    const binding = bindingOf(first, second, policies)
    if (binding === undefined) {
      const granted = grantedOf(spoken(about), purpose)
      if (read === undefined || granted.length === 0) return []
      return [{ binding, written: silenceOn(read, { profile, granted, now: at }) }]
    }
    // A yes of the time between that does not bind is nobody's word any more, whoever leaves next. It came with who remains.
    const isBound = binding.id !== since?.id || binding.state !== 'granted'
    const instead = isBound ? grantedOf(meanwhile, purpose).filter((receipt) => receipts.includes(receipt)) : []
    const isSaid = read !== undefined && (binding.id === read.id || binding.id === read.evidence.repeats)
    if (isSaid && instead.length === 0) return []
    const again = sayAgain(binding, { profile, at: againAt(binding, { read, now: at }), source: 'unmerge' })
    return [
      {
        binding,
        written: instead.length === 0 ? again : { ...again, evidence: { ...again.evidence, instead: instead.map(({ id }) => id) } },
      },
    ]
  })
}

/**
 * What those who stay with a side make of what is said again for it, unless that is a no already: the stricter binds. Whether they have said yes
 * since as one person is not asked: a no of any of them that was their last word is kept.
 */
function boundByOthers(
  { binding, written }: Outcome,
  { others, profile, at }: { readonly others: readonly (readonly Receipt[])[]; readonly profile: ProfileId; readonly at: Date },
  policies: ReadonlyMap<string, ConsentPolicy>,
): SignalReceipt | undefined {
  if (binding !== undefined && binding.state !== 'granted') return undefined
  const last = others.flatMap((said) => said.find(({ purpose }) => purpose === written.purpose) ?? [])
  const [first, ...more] = binding === undefined ? last : [binding, ...last]
  if (first === undefined) return undefined
  const bound = more.reduce((left, right) => stricterOf(left, right, policies), first)
  if (bound.id === binding?.id) return undefined
  return sayAgain(bound, { profile, at: againAt(bound, { read: written, now: at }), source: 'merge' })
}

const isCopy = ({ source }: Receipt): boolean => source === 'merge'

const grantedOf = (receipts: readonly Receipt[], purpose: Purpose): readonly Receipt[] =>
  receipts.filter((receipt) => receipt.purpose === purpose && receipt.state === 'granted')

const sayAgain = ({ id, ...said }: Receipt, again: Pick<SignalReceipt, 'profile' | 'at' | 'source'>): SignalReceipt => ({
  ...said,
  ...again,
  evidence: { ...said.evidence, repeats: id },
})

/**
 * What may be the word of either side: not what was said again meanwhile of somebody who remains, nor what a merge said again of somebody who
 * has left already. A no that an unmerge said again is kept: its first word may have gone with another.
 */
function ofEither(shared: readonly Receipt[], ofRemaining: readonly Receipt[]): readonly Receipt[] {
  const ofThem = repeatsOf(shared.filter(isSaidAgain), ofRemaining)
  const candidates = shared.filter(({ id }) => !ofThem.has(id))
  const words = candidates.filter((receipt) => !isCopy(receipt))
  const ofWords = repeatsOf(candidates.filter(isCopy), words)
  return candidates.filter((receipt) => !isCopy(receipt) || ofWords.has(receipt.id))
}

/** Of a side that never said anything itself: what merges said again for others, and a yes that an unmerge did, are not its words. */
function countsFor(own: readonly Receipt[], purpose: Purpose): (receipt: Receipt) => boolean {
  const wasAsked = own.some((receipt) => receipt.purpose === purpose && !isSaidAgain(receipt))
  const isOthers = (receipt: Receipt): boolean => isSaidAgain(receipt) && (receipt.source === 'merge' || receipt.state === 'granted')
  return (receipt) => receipt.purpose === purpose && (wasAsked || !isOthers(receipt))
}

function bindingOf(
  first: Receipt | undefined,
  second: Receipt | undefined,
  policies: ReadonlyMap<string, ConsentPolicy>,
): Receipt | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return stricterOf(first, second, policies)
}

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
