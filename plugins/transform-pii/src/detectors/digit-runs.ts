import type { Span } from './detectors.ts'

/** Digits that stand together, maybe in groups with one space, dot or hyphen between two. */
export interface DigitRun extends Span {
  readonly groups: readonly (Span & { readonly digits: string })[]
}

/** Whether a text has so many digits: nearly every text is told from a number by this alone. */
export function hasDigits(text: string, atLeast: number): boolean {
  if (text.length < atLeast) return false
  let digits = 0
  for (let index = 0; index < text.length && digits < atLeast; index += 1) {
    const code = text.charCodeAt(index)
    if (code >= 48 && code <= 57) digits += 1
  }
  return digits >= atLeast
}

/** All runs of digits of a text that do not belong to a word of Latin letters: Chinese is written without spaces. */
export function digitRuns(text: string): readonly DigitRun[] {
  return [...text.matchAll(/(?<![A-Za-z0-9_])\d+(?:[ .-]\d+)*(?![A-Za-z_])/g)].map((run) => {
    const groups = [...run[0].matchAll(/\d+/g)].map(({ 0: digits, index }) => {
      const start = run.index + index
      return { start, end: start + digits.length, digits }
    })
    return { start: run.index, end: run.index + run[0].length, groups }
  })
}

/**
 * The longest pieces of a run, from group to group, that `accepts`: somebody writes a security code behind the number of a card. No piece
 * has more than `most` digits, so the cost of a run grows with its length alone.
 */
export function piecesOf({ groups }: DigitRun, most: number, accepts: (digits: string) => boolean): readonly Span[] {
  const found: Span[] = []
  for (let first = 0; first < groups.length; first += 1) {
    let digits = ''
    let end: number | undefined
    let last = first
    for (let next = first; next < groups.length; next += 1) {
      digits += groups[next]?.digits ?? ''
      if (digits.length > most) break
      if (!accepts(digits)) continue
      end = groups[next]?.end
      last = next
    }
    const start = groups[first]?.start
    if (start === undefined || end === undefined) continue
    found.push({ start, end })
    first = last
  }
  return found
}
