import { canonicalCode, canonicalDate, canonicalEmail, canonicalPhone, canonicalText } from '../text/canonical.ts'
import { isWithinEdits } from '../text/damerau-levenshtein.ts'
import { jaroWinkler } from '../text/jaro-winkler.ts'
import { soundOf } from '../text/sound.ts'
import { isDayMonthSwapped, isWithinDays } from './dates.ts'
import type { Comparison } from './level.ts'

/** The first level, of descending similarities, that two texts reach. */
const reached = (similarity: number, levels: readonly number[]): number => {
  const level = levels.findIndex((least) => similarity >= least)
  return level < 0 ? levels.length : level
}

const localPart = (email: string): string => email.slice(0, email.lastIndexOf('@'))
const SAME_END = 8

function nameLevel(left: string, right: string): number {
  return reached(jaroWinkler(left, right), [0.92, 0.88, 0.7])
}

function textLevel(left: string, right: string): number {
  return isWithinEdits(left, right, 1) ? 0 : 1 + reached(jaroWinkler(left, right), [0.9, 0.8])
}

function dateLevel(left: string, right: string): number {
  if (isWithinEdits(left, right, 1)) return 0
  if (isDayMonthSwapped(left, right)) return 1
  if (isWithinDays(left, right, 31)) return 2
  return isWithinDays(left, right, 366) ? 3 : 4
}

function numberLevel(left: string, right: string): number {
  if (isWithinEdits(left, right, 1)) return 0
  return isWithinEdits(left, right, 2) ? 1 : 2
}

function phoneLevel(left: string, right: string): number {
  const isLong = left.length >= SAME_END && right.length >= SAME_END
  if (isLong && left.slice(-SAME_END) === right.slice(-SAME_END)) return 0
  return isWithinEdits(left, right, 1) ? 1 : 2
}

function postcodeLevel(left: string, right: string): number {
  if (isWithinEdits(left, right, 1)) return 0
  return left.slice(0, 2) === right.slice(0, 2) ? 1 : 2
}

function emailLevel(left: string, right: string): number {
  const [ours, theirs] = [localPart(left), localPart(right)]
  if (ours === theirs) return 0
  return jaroWinkler(ours, theirs) >= 0.92 ? 1 : 2
}

/** The kinds of fields. Their levels are customs of the field, the same for every data set; what each is worth is learned. */
export const comparisons = Object.freeze({
  /** Given and family names. */
  name: { canonical: canonicalText, frequency: true, sound: soundOf, levels: ['ALIKE_92', 'ALIKE_88', 'ALIKE_70'], level: nameLevel },
  /** Streets, towns, companies. */
  text: { canonical: canonicalText, frequency: true, levels: ['ONE_EDIT', 'ALIKE_90', 'ALIKE_80'], level: textLevel },
  /** Values of a short list, such as a state or a gender. */
  category: { canonical: canonicalText, frequency: true, levels: [], level: () => 0 },
  date: {
    canonical: canonicalDate,
    frequency: false,
    levels: ['ONE_EDIT', 'DAY_MONTH_SWAPPED', 'WITHIN_31_DAYS', 'WITHIN_A_YEAR'],
    level: dateLevel,
  },
  /** Numbers that somebody typed: documents, cards, houses. */
  number: { canonical: canonicalCode, frequency: false, levels: ['ONE_EDIT', 'TWO_EDITS'], level: numberLevel },
  phone: { canonical: canonicalPhone, frequency: false, levels: ['SAME_END', 'ONE_EDIT'], level: phoneLevel },
  postcode: { canonical: canonicalCode, frequency: true, levels: ['ONE_EDIT', 'SAME_AREA'], level: postcodeLevel },
  email: { canonical: canonicalEmail, frequency: false, levels: ['SAME_MAILBOX', 'ALIKE_92'], level: emailLevel },
}) satisfies Readonly<Record<string, Comparison>>

export type FieldKind = keyof typeof comparisons
export const fieldKinds = Object.freeze(Object.keys(comparisons)) as readonly FieldKind[]
