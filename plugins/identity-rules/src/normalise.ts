import { domainToASCII } from 'node:url'
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { Format } from './presets.ts'

/** Returns the canonical form, or undefined for a value that identifies nobody. Idempotent. */
export type Normaliser = (value: string) => string | undefined

const LONGEST = 256
const LONGEST_EMAIL = 254
/** Letters of a local part as they are used, not as RFC 5322 could quote them. */
const EMAIL = /^([\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*)@([^\s@]+)$/u
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])$/
/** Most ids: canonical as they are. */
const PLAIN = /^[\x21-\x7e]{1,256}$/
const CONTROL = /\p{Cc}/u

/** Trimmed, in Unicode normal form C, of 1 to 256 characters, none of them a control character. */
export const normaliseText: Normaliser = (value) => {
  if (PLAIN.test(value)) return value
  const text = value.normalize('NFC').trim()
  return text !== '' && text.length <= LONGEST && text.isWellFormed() && !CONTROL.test(text) ? text : undefined
}

/** Lower case, the domain in its ASCII form. */
export const normaliseEmail: Normaliser = (value) => {
  const match = EMAIL.exec(value.normalize('NFC').trim().toLowerCase().normalize('NFC'))
  if (match === null) return undefined
  const [, local = '', domain = ''] = match
  const ascii = domainToASCII(domain).toLowerCase()
  const email = `${local}@${ascii}`
  return DOMAIN.test(ascii) && email.length <= LONGEST_EMAIL ? email : undefined
}

/**
 * E.164. A number with an extension is that of a switchboard and identifies nobody, and neither does one that its
 * country does not give out.
 */
export function phoneNormaliser(defaultCountry: string | undefined): Normaliser {
  const country = defaultCountry !== undefined && isSupportedCountry(defaultCountry) ? defaultCountry : undefined
  return (value) => {
    const phone = parsePhoneNumberFromString(value.normalize('NFKC').trim(), country)
    return phone?.isValid() && phone.ext === undefined ? phone.number : undefined
  }
}

export function normaliserOf(format: Format, defaultCountry: string | undefined): Normaliser {
  if (format === 'email') return normaliseEmail
  return format === 'phone' ? phoneNormaliser(defaultCountry) : normaliseText
}
