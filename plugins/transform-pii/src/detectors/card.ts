import type { Detector } from './detectors.ts'
import { digitRuns, hasDigits, piecesOf } from './digit-runs.ts'

const SHORTEST = 13
const LONGEST = 19

/** Numbers of payment cards: 13 to 19 digits of a card network (2 to 6 in front), with the check digit of Luhn (ISO/IEC 7812). */
export const findCards: Detector = (text) =>
  hasDigits(text, SHORTEST) ? digitRuns(text).flatMap((run) => piecesOf(run, LONGEST, isCard)) : []

function isCard(digits: string): boolean {
  return digits.length >= SHORTEST && /^[2-6]/.test(digits) && luhn(digits)
}

/** Every second digit from the right counts double, by its cross sum; all of it is a multiple of ten. */
function luhn(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - index)) * (index % 2 === 0 ? 1 : 2)
    sum += digit > 9 ? digit - 9 : digit
  }
  return sum % 10 === 0
}
