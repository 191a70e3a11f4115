import type { Detector, Span } from './detectors.ts'

/** What names are made of. Without `=`, `&`, `?` and `/`, which are allowed too but stand around an address in a URL. */
const LOCAL = /[\p{L}\p{N}._%+'-]/u
const LATIN_LOCAL = /[A-Za-z0-9._%+'-]/
const DOMAIN = /[\p{L}\p{N}.-]/u
const LATIN_DOMAIN = /[A-Za-z0-9.-]/
/** A last label that no host name has is no address: `a@2x`. */
const HAS_TOP_LEVEL = /\.(?:xn--[a-z0-9-]{1,59}|\p{L}{2,63})$/iu
/** Longer ones are no addresses (RFC 5321), and would cost time. */
const LONGEST_LOCAL = 64
const LONGEST_DOMAIN = 255

/** E-mail addresses, also percent-encoded as in URLs: from each `@` as far as an address goes to either side. */
export const findEmails: Detector = (text) => {
  if (!text.includes('@') && !text.includes('%40')) return []
  const found: Span[] = []
  let free = 0
  for (const { index, 0: at } of text.matchAll(/@|%40/g)) {
    if (index < free) continue
    // Where an address is Latin, text of another script beside it does not belong to it: Chinese is written without spaces.
    const local = LATIN_LOCAL.test(text.charAt(index - 1)) ? LATIN_LOCAL : LOCAL
    const domain = LATIN_DOMAIN.test(text.charAt(index + at.length)) ? LATIN_DOMAIN : DOMAIN
    let start = index
    while (start > free && index - start < LONGEST_LOCAL && local.test(text.charAt(start - 1))) start -= 1
    let end = index + at.length
    while (end < text.length && end - index < LONGEST_DOMAIN && domain.test(text.charAt(end))) end += 1
    while (end > index && /[.-]/.test(text.charAt(end - 1))) end -= 1
    if (start === index || !HAS_TOP_LEVEL.test(text.slice(index + at.length, end))) continue
    found.push({ start, end })
    free = end
  }
  return found
}
