import type { Detector } from './detectors.ts'
import { hasDigits } from './digit-runs.ts'

/** Country, check digits, then 11 to 30 characters, maybe in groups of four. */
const FORM = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/gi

/** Numbers of bank accounts, by their check digits (ISO 13616, ISO 7064 MOD 97-10). */
export const findIbans: Detector = (text) =>
  hasDigits(text, 2)
    ? [...text.matchAll(FORM)].flatMap(({ 0: found, index }) =>
        isIban(found.replaceAll(' ', '')) ? [{ start: index, end: index + found.length }] : [],
      )
    : []

function isIban(text: string): boolean {
  if (text.length < 15 || text.length > 34) return false
  const digits = `${text.slice(4)}${text.slice(0, 4)}`.toUpperCase().replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))
  return BigInt(digits) % 97n === 1n
}
