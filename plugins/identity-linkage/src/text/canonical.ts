/** Longer values are cut: beyond this nothing is gained by comparing more. */
const LONGEST = 100

/** Lower case, without accents, punctuation as one space: `O'Brien-Müller` becomes `o brien muller`. Undefined for nothing. */
export function canonicalText(value: string): string | undefined {
  const text = value
    .slice(0, LONGEST * 4)
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  return text === '' ? undefined : text.slice(0, LONGEST)
}

/** The same without spaces: post codes, document numbers. */
export const canonicalCode = (value: string): string | undefined => canonicalText(value)?.replaceAll(' ', '')

/** Digits alone, without an international prefix of zeros. */
export function canonicalPhone(value: string): string | undefined {
  const digits = value.slice(0, LONGEST).replaceAll(/\D/g, '').replace(/^0+/, '')
  return digits.length < 5 ? undefined : digits
}

/** Lower case, with something on both sides of the last @. */
export function canonicalEmail(value: string): string | undefined {
  const email = value.slice(0, 320).trim().toLowerCase()
  const at = email.lastIndexOf('@')
  return at > 0 && at < email.length - 1 ? email : undefined
}

/** Eight digits, year first: `1980-02-29T…`, `19800229`. Impossible days are kept: a typing error is still a date. */
export function canonicalDate(value: string): string | undefined {
  const found = /^\s*(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?!\d)/.exec(value)
  return found === null ? undefined : `${found[1]}${found[2]}${found[3]}`
}
