import type { Detector, Span } from './detectors.ts'
import { hasDigits } from './digit-runs.ts'

interface Form {
  readonly pattern: RegExp
  accepts(found: string): boolean
}

const FORMS: readonly Form[] = [
  // China, resident identity: region, day of birth, order, check character.
  {
    pattern: /(?<![A-Za-z0-9])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?![A-Za-z0-9])/gi,
    accepts: isResident,
  },
  // United States, social security: with its hyphens; never 000, 666, 900 to 999 in front.
  { pattern: /(?<![A-Za-z0-9-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![A-Za-z0-9-])/g, accepts: () => true },
  // United Kingdom, national insurance: two letters, six digits, one letter.
  {
    pattern: /(?<![A-Za-z0-9])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9])/gi,
    accepts: () => true,
  },
  // Spain, DNI and NIE: the letter is the number modulo 23.
  { pattern: /(?<![A-Za-z0-9])(?:\d{8}|[XYZ]\d{7})-?[A-HJ-NP-TV-Z](?![A-Za-z0-9])/gi, accepts: isSpanish },
]

/** National identity numbers that can be told from other numbers: of China, the United States, the United Kingdom and Spain. */
export const findNationalIds: Detector = (text) => {
  if (!hasDigits(text, 6)) return []
  const spans = FORMS.flatMap(({ pattern, accepts }) =>
    [...text.matchAll(pattern)].flatMap(({ 0: found, index }): readonly Span[] =>
      accepts(found.toUpperCase()) ? [{ start: index, end: index + found.length }] : [],
    ),
  )
  return spans.sort((left, right) => left.start - right.start).filter(({ start }, index, all) => start >= (all[index - 1]?.end ?? 0))
}

/** ISO 7064 MOD 11-2. */
function isResident(id: string): boolean {
  const sum = [...id.slice(0, 17)].reduce((total, digit, index) => total + Number(digit) * (2 ** (17 - index) % 11), 0)
  return '10X98765432'.charAt(sum % 11) === id.charAt(17)
}

function isSpanish(id: string): boolean {
  const number = Number(id.replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))).replace(/-?[A-Z]$/, ''))
  return 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(number % 23) === id.at(-1)
}
