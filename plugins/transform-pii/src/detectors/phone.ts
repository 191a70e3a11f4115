import type { Detector, Span } from './detectors.ts'
import { hasDigits } from './digit-runs.ts'

/** In front of a country code: `+49`, `0049`, `(+49)`. At most 15 digits follow (E.164), with one or two separators between them. */
const INTERNATIONAL = /(?<![A-Za-z0-9])(?:\+|%2B|00)(?:[ ()./-]{0,2}\d){7,15}(?!\d)/gi
/** North America: `(415) 555-0132`, `415-555-0132`, `415.555.0132`. */
const NORTH_AMERICAN = /(?<![A-Za-z0-9])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])[2-9]\d{2}[.-]\d{4}(?![A-Za-z0-9])/g
/** Mobile numbers of China: eleven digits, maybe 3-4-4. */
const CHINESE_MOBILE = /(?<![A-Za-z0-9])1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})(?!\d)/g

/** Telephone numbers that can be told from other numbers: with a country code, or written as in North America or China. */
export const findPhones: Detector = (text) => {
  if (!hasDigits(text, 7)) return []
  const spans = [INTERNATIONAL, NORTH_AMERICAN, CHINESE_MOBILE].flatMap((form) =>
    [...text.matchAll(form)].map(({ 0: found, index }): Span => ({ start: index, end: index + found.length })),
  )
  let free = 0
  return spans
    .sort((left, right) => left.start - right.start || right.end - left.end)
    .filter(({ start, end }) => {
      if (start < free) return false
      free = end
      return true
    })
}
