import type { ConsentPolicy, ProfileId, Purpose, Receipt } from '@tenon/kernel/contracts'
import type { SignalReceipt } from './fresh-signals.ts'
import { isCopy, isWordOf, ofEither, repeats, repeatsOf, sayAgain } from './said-again.ts'
import { againAt, isSaidAgain, silenceOn, spoken } from './silence.ts'
import { strictestOf } from './stricter-on-merge.ts'

/** What was said, and by whom, when two profiles that were one person for a while are two again. */
export interface UnmergedHistories {
  readonly restored: Side & {
    /** Others leave with it. */
    readonly isMany: boolean
  }
  readonly remaining: Side & {
    /** Its profiles, each with what came with it. */
    readonly parts: readonly Part[]
  }
  /** Ids of those receipts of the remaining side that were recorded while the two were one. */
  readonly shared: ReadonlySet<string>
  /** When they became two again. */
  readonly at: Date
}

interface Part extends Side {
  /**
   * Where the restored side was a part of it, so that what was recorded then may be the word of either: itself and those who are a part of
   * it by merges that stand, without those who leave.
   */
  readonly under?: readonly ProfileId[]
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
  const ofRestoredAlone = repeatsOf(remaining.receipts.filter(isSaidAgain), restored.receipts)
  // A no that was said again of those who leave was one of the time between, unless a merge did it.
  const isWord = isWordOf(remaining.receipts)
  const isTheirs = (receipt: Receipt): boolean =>
    isWord(receipt) && (isCopy(receipt) || receipt.state !== 'granted' || !ofRestoredAlone.has(receipt.id))
  const wordsOf = ({ receipts }: Side): readonly Receipt[] => spoken(receipts).filter(isTheirs)
  const isShared = ({ id }: Receipt): boolean => histories.shared.has(id)
  const words = wordsOf(remaining)
  const meanwhile = ofEither(
    words.filter(isShared),
    words.filter((receipt) => !isShared(receipt)),
  )
  const ofRestored = outcomesOf(
    { side: restored, own: spoken(restored.receipts).filter(isWordOf(restored.receipts)), meanwhile, at, keepsNo: restored.isMany },
    policies,
  )
  const parts = remaining.parts.map((part) => {
    const said = wordsOf(part)
    if (part.under === undefined) return { part, said, outcomes: [] }
    // What was said again meanwhile of its own is no word of the time between.
    const again = repeatsOf(
      said.filter(isSaidAgain),
      said.filter((receipt) => !isShared(receipt)),
    )
    const isOwn = (receipt: Receipt): boolean => !isShared(receipt) || again.has(receipt.id)
    const between = said.filter((receipt) => !isOwn(receipt))
    return { part, said, outcomes: outcomesOf({ side: part, own: said.filter(isOwn), meanwhile: between, at }, policies) }
  })
  const again = parts.flatMap(({ outcomes }) => outcomes.flatMap(({ written }) => written ?? []))
  // From the lowest up: what is said for one is read by all that it is a part of.
  const persons = parts.map(({ part }) => part).toSorted((left, right) => (left.under?.length ?? 0) - (right.under?.length ?? 0))
  for (const { profile, under } of persons) {
    if (under === undefined) continue
    const those = parts.filter(({ part }) => under.includes(part.profile))
    const saidAgain = again.filter((receipt) => under.includes(receipt.profile))
    again.push(...asOnePerson({ profile, parts: those, saidAgain, restored, at }, policies))
  }
  return [...ofRestored.flatMap(({ written }) => written ?? []), ...again]
}

/** What comes of one purpose for a side. */
interface Outcome {
  readonly purpose: Purpose
  /** What binds the side; nothing where it is silent. */
  readonly binding: Receipt | undefined
  /** What must be said for it, where that is not what is read already. */
  readonly written: SignalReceipt | undefined
  /** There was a yes of the time between, which is nobody's any more, or what is said is no no. */
  readonly isLoose: boolean
}

/** For each purpose of a side what must be said again, so that it is bound by the stricter of its own words and those of the time between. */
function outcomesOf(
  request: {
    readonly side: Side
    readonly own: readonly Receipt[]
    readonly meanwhile: readonly Receipt[]
    readonly at: Date
    /** A no of the time between is said again also where the side is bound by one: it is that of each profile of the side. */
    readonly keepsNo?: boolean
  },
  policies: ReadonlyMap<string, ConsentPolicy>,
): readonly Outcome[] {
  const { side, own, meanwhile, at, keepsNo = false } = request
  const { profile, receipts } = side
  const purposes = new Set([...receipts, ...meanwhile].map(({ purpose }) => purpose))
  return [...purposes].map((purpose): Outcome => {
    const counts = countsFor(own, purpose)
    const before = own.find(counts)
    // A no of the time between may be the word of one, and a later yes that of the other.
    const noes = meanwhile.filter((receipt) => counts(receipt) && receipt.state !== 'granted')
    const since = strictestOf(noes, policies) ?? (before === undefined ? undefined : meanwhile.find(counts))
    const about = receipts.filter((receipt) => receipt.purpose === purpose)
    const [read] = about
    const isLoose = grantedOf(meanwhile, purpose).length > 0
    // Of two that are alike the one that is read already, so that nothing need be written.
    const both = since?.id === read?.id ? [since, before] : [before, since]
    const ofEach = keepsNo && since?.state !== 'granted' ? since : undefined
    const binding =
      ofEach ??
      strictestOf(
        both.filter((one) => one !== undefined),
        policies,
      )
    if (binding === undefined) {
      // What a merge said again of others who stay is theirs.
      const isTheirs = (receipt: Receipt): boolean => isCopy(receipt) && (own.includes(receipt) || meanwhile.includes(receipt))
      const nobodys = spoken(about).filter((receipt) => !isTheirs(receipt) && (receipt.state === 'granted' || isSaidAgain(receipt)))
      if (read === undefined || !nobodys.some(({ state }) => state === 'granted'))
        return { purpose, binding, written: undefined, isLoose: false }
      return { purpose, binding, written: silenceOn(read, { profile, all: nobodys, now: at }), isLoose: true }
    }
    // A yes of the time between that does not bind is nobody's word any more, whoever leaves next. It came with who remains.
    const isBound = binding.id !== since?.id || binding.state !== 'granted'
    const instead = isBound ? grantedOf(meanwhile, purpose).filter((receipt) => receipts.includes(receipt)) : []
    if (read !== undefined && repeats(read, binding) && instead.length === 0) return { purpose, binding, written: undefined, isLoose }
    const again = sayAgain(binding, { profile, at: againAt(binding, { read, now: at }), source: 'unmerge' })
    const evidence = {
      ...again.evidence,
      ...(instead.length === 0 ? {} : { instead: instead.map(({ id }) => id) }),
      // Also of whoever leaves the side later, though its first word is with the other.
      ...(ofEach === undefined ? {} : { ofEach: true }),
    }
    const written = { ...again, evidence }
    return { purpose, binding, written, isLoose: isLoose || binding.state === 'granted' }
  })
}

interface Decided {
  readonly part: Part
  readonly said: readonly Receipt[]
  readonly outcomes: readonly Outcome[]
}

/**
 * Of somebody that the restored one was a part of, with those who still are: where what is said for one of them loosens what binds them, or a yes of
 * the time between did, or the word that bound them leaves, the strictest word of all of them is said again, as in a merge. Whether they have
 * said yes since as one person is not asked: a no of any of them that was its last word is kept.
 */
function asOnePerson(
  request: {
    readonly profile: ProfileId
    readonly parts: readonly Decided[]
    /** What is written for them. */
    readonly saidAgain: readonly SignalReceipt[]
    readonly restored: Side
    readonly at: Date
  },
  policies: ReadonlyMap<string, ConsentPolicy>,
): readonly SignalReceipt[] {
  const { profile, parts, saidAgain, restored, at } = request
  const receipts = parts.flatMap(({ part }) => part.receipts)
  const newestOf = <T extends Omit<Receipt, 'id'>>(some: readonly T[], purpose: Purpose): T | undefined =>
    some.filter((receipt) => receipt.purpose === purpose).toSorted(newestFirst)[0]
  const boundThem = (purpose: Purpose): boolean => {
    const read = newestOf([...restored.receipts, ...receipts], purpose)
    return read !== undefined && restored.receipts.includes(read)
  }
  const purposes = new Set([
    ...parts.flatMap(({ outcomes }) => outcomes.filter(({ isLoose }) => isLoose).map(({ purpose }) => purpose)),
    ...restored.receipts.map(({ purpose }) => purpose).filter(boundThem),
  ])
  return [...purposes].flatMap((purpose) => {
    const words = parts.flatMap(({ said, outcomes }) => {
      const outcome = outcomes.find((one) => one.purpose === purpose)
      return (outcome === undefined ? said.find((receipt) => receipt.purpose === purpose) : outcome.binding) ?? []
    })
    const strictest = strictestOf(words, policies)
    const read = newestOf<Omit<Receipt, 'id'> & { readonly id?: string }>([...saidAgain, ...receipts], purpose)
    if (strictest === undefined || read === undefined || repeats(read, strictest)) return []
    return [sayAgain(strictest, { profile, at: againAt(strictest, { read, now: at }), source: 'merge' })]
  })
}

/** Of two of one instant the no is read. */
const newestFirst = (left: Pick<Receipt, 'at' | 'state'>, right: Pick<Receipt, 'at' | 'state'>): number =>
  right.at.getTime() - left.at.getTime() || (left.state === 'granted' ? 1 : -1)

const grantedOf = (receipts: readonly Receipt[], purpose: Purpose): readonly Receipt[] =>
  receipts.filter((receipt) => receipt.purpose === purpose && receipt.state === 'granted')

/** Of a side that never said anything itself: what merges said again for others, and a yes that an unmerge did, are not its words. */
function countsFor(own: readonly Receipt[], purpose: Purpose): (receipt: Receipt) => boolean {
  const wasAsked = own.some((receipt) => receipt.purpose === purpose && !isSaidAgain(receipt))
  const isOthers = (receipt: Receipt): boolean => isSaidAgain(receipt) && (receipt.source === 'merge' || receipt.state === 'granted')
  return (receipt) => receipt.purpose === purpose && (wasAsked || !isOthers(receipt))
}
