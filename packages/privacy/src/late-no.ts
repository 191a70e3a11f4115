import type { Receipt } from '@tenon/kernel/contracts'
import type { NewReceipt } from './ledger.ts'
import { isSaidAgain, spoken } from './silence.ts'

/** What somebody said, with its id where it is on record. */
type Told = NewReceipt & { readonly id?: string }

/**
 * A no that may come late, where it takes effect. A yes that a merge, or the taking back of one, said again stands behind all that was
 * read then: a no of after that yes was said first would pass for older than what it takes back. So it is put behind the copy, unless
 * somebody has said yes since the no; `evidence.saidAt` keeps when it was said. Copies whose first saying is not among the words count as
 * older: the no binds.
 *
 * @param words All that is known of the person, and what is said together with the no.
 */
export function inEffect<Said extends NewReceipt>(no: Said, words: readonly Told[]): Said {
  if (no.state === 'granted') return no
  const said = no.at.getTime()
  const grants = spoken(words).filter(({ purpose, state }) => purpose === no.purpose && state === 'granted')
  const later = grants.filter(({ at }) => at.getTime() > said)
  if (later.length === 0 || later.some((grant) => !isSaidAgain(grant))) return no
  const byId = new Map(words.flatMap((word) => (word.id === undefined ? [] : [[word.id, word] as const])))
  const overtaken = later.filter((copy) => firstSaid(copy, byId) <= said).map(({ at }) => at.getTime())
  const behind = Math.max(...overtaken) + 1
  const isOver = no.expiresAt !== undefined && no.expiresAt.getTime() <= behind
  if (overtaken.length === 0 || isOver) return no
  return { ...no, at: new Date(behind), evidence: { ...no.evidence, saidAt: no.at.toISOString() } }
}

/** When the word was said that this one repeats, through any number of copies; long ago where that is not known. */
function firstSaid(copy: Told, byId: ReadonlyMap<unknown, Told>): number {
  const seen = new Set<Told>()
  for (let word: Told | undefined = copy; word !== undefined && !seen.has(word); word = byId.get(word.evidence.repeats as Receipt['id'])) {
    if (!isSaidAgain(word)) return word.at.getTime()
    seen.add(word)
  }
  return Number.NEGATIVE_INFINITY
}
