import { areEnough, type People, together } from './people.ts'
import { formatOf, isWord, type TextFormat } from './text-class.ts'

/** What is known of the texts at one place. */
export interface Texts {
  seen: number
  readonly formats: Map<TextFormat, number>
  /** Undefined once there are too many, or one that may not be told. */
  words: Map<string, Word> | undefined
}

interface Word {
  seen: number
  people: People
}

const MOST_WORDS = 20
/** For each word, on the average: a list of words that were seen once each is no list. */
const ENOUGH_TIMES = 10

export const newTexts = (): Texts => ({ seen: 0, formats: new Map(), words: new Map() })

/** `person` is 0 where nobody is known to have said it. */
export function observeText(texts: Texts, text: string, person: number): void {
  texts.seen += 1
  const format = formatOf(text)
  if (format !== undefined) texts.formats.set(format, (texts.formats.get(format) ?? 0) + 1)
  if (format !== undefined || !isWord(text)) texts.words = undefined
  addWord(texts, text, { seen: 1, people: person === 0 ? [] : [person] })
}

export function mergeTexts(into: Texts, from: Texts): void {
  into.seen += from.seen
  for (const [format, seen] of from.formats) into.formats.set(format, (into.formats.get(format) ?? 0) + seen)
  if (from.words === undefined) into.words = undefined
  else for (const [text, word] of from.words) addWord(into, text, word)
}

function addWord(texts: Texts, text: string, { seen, people }: Word): void {
  if (texts.words === undefined) return
  const known = texts.words.get(text)
  if (known === undefined && texts.words.size === MOST_WORDS) {
    texts.words = undefined
    return
  }
  const all = known === undefined ? people : together(known.people, people)
  texts.words.set(text, { seen: seen + (known?.seen ?? 0), people: all })
}

/** The format of all texts but the tolerated share. */
export const commonFormat = ({ seen, formats }: Texts, tolerance: number): TextFormat | undefined =>
  [...formats].find(([, fitting]) => fitting > 0 && fitting >= seen * (1 - tolerance))?.[0]

/** The words that are the only ones, each said by several people: what one person alone says is never told. */
export function commonWords({ seen, words }: Texts): readonly string[] | undefined {
  if (words === undefined || words.size < 2 || seen < words.size * ENOUGH_TIMES) return undefined
  if ([...words.values()].some(({ people }) => !areEnough(people))) return undefined
  return [...words.keys()].toSorted()
}
