import type { Purpose } from '@tenon/kernel/contracts'
import type { Kept, NewReceipt } from './ledger.ts'
import { isSaidAgain, spoken } from './silence.ts'

/** What somebody said, on record or about to be, whichever profile it came with. */
export type Word = Pick<Kept, 'receipt' | 'isOfAll'>

/** Where a no takes effect: itself, or the same at a later instant, with when it was said as `evidence.saidAt`. */
export type PlaceNo = <Said extends NewReceipt>(no: Said) => Said

/**
 * Of the words of one person. A yes that a merge, or the taking back of one, said again stands behind all that was read then: a no that comes
 * late, of after that yes was said first, would pass for older than what it takes back. So it is put behind the copy, unless all have said
 * yes on the same basis since: one on another basis may be nothing to the policy that the copy counts for. Copies whose first
 * saying is not among the words count as older: the no binds.
 */
export function placeNoes(words: readonly Word[]): PlaceNo {
  const receipts = words.map(({ receipt }) => receipt)
  // Hardly anybody has one.
  if (!receipts.some((receipt) => receipt.state === 'granted' && isSaidAgain(receipt))) return (no) => no
  const said = new Set(spoken(receipts))
  const grants = words.filter(({ receipt }) => receipt.state === 'granted' && said.has(receipt))
  const byId = new Map<unknown, NewReceipt>(receipts.flatMap((receipt) => (receipt.id === undefined ? [] : [[receipt.id, receipt]])))
  const taken = new Map<string, Map<number, unknown>>()
  const takenBy = ({ purpose, state, source }: NewReceipt): ReadonlyMap<number, unknown> => {
    const place = `${purpose} ${state} ${source}`
    const known = taken.get(place)
    if (known !== undefined) return known
    const alike = receipts.filter((other) => other.purpose === purpose && other.state === state && other.source === source)
    const times = new Map(alike.map(({ at, evidence }) => [at.getTime(), evidence.saidAt]))
    taken.set(place, times)
    return times
  }
  const abouts = new Map<Purpose, About>()
  const aboutOf = (purpose: Purpose): About => {
    const known = abouts.get(purpose)
    if (known !== undefined) return known
    const about: About = { copies: [], answers: new Map() }
    for (const { receipt, isOfAll } of grants) {
      if (receipt.purpose !== purpose) continue
      const { at, basis } = receipt
      if (isSaidAgain(receipt)) about.copies.push({ at: at.getTime(), first: firstSaid(receipt, byId), basis })
      else if (isOfAll) about.answers.set(basis, Math.max(at.getTime(), about.answers.get(basis) ?? LONG_AGO))
    }
    abouts.set(purpose, about)
    return about
  }
  return (no) => {
    if (no.state === 'granted') return no
    const time = no.at.getTime()
    const { copies, answers } = aboutOf(no.purpose)
    let behind = LONG_AGO
    for (const { at, first, basis } of copies)
      if (at > time && first <= time && (answers.get(basis) ?? LONG_AGO) <= time) behind = Math.max(behind, at + 1)
    const isOver = no.expiresAt !== undefined && no.expiresAt.getTime() <= behind
    if (behind === LONG_AGO || isOver) return no
    const saidAt = no.at.toISOString()
    // The ledger has one place for what is said at one instant: another no that was moved there must not hide this one.
    const others = takenBy(no)
    while (others.has(behind) && others.get(behind) !== saidAt) behind += 1
    return { ...no, at: new Date(behind), evidence: { ...no.evidence, saidAt } }
  }
}

interface About {
  readonly copies: { readonly at: number; readonly first: number; readonly basis: string }[]
  /** When all have said yes last, by basis. */
  readonly answers: Map<string, number>
}

const LONG_AGO = Number.NEGATIVE_INFINITY

/** When the word was said that this one repeats, through any number of copies; long ago where that is not known. */
function firstSaid(copy: NewReceipt, byId: ReadonlyMap<unknown, NewReceipt>): number {
  const seen = new Set<NewReceipt>()
  for (let word: NewReceipt | undefined = copy; word !== undefined && !seen.has(word); word = byId.get(word.evidence.repeats)) {
    if (!isSaidAgain(word)) return word.at.getTime()
    seen.add(word)
  }
  return LONG_AGO
}
