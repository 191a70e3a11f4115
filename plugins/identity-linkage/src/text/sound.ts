const DIGITS: Readonly<Record<string, string>> = Object.fromEntries(
  ['bfpv', 'cgjkqsxz', 'dt', 'l', 'mn', 'r'].flatMap((letters, index) => [...letters].map((letter) => [letter, String(index + 1)])),
)

/**
 * Soundex (R. Russell, US patent 1,261,167, 1918, in the American form of the census): the first letter and three digits. A text
 * without Latin letters sounds like itself.
 */
export function soundOf(text: string): string {
  const letters = text.replaceAll(/[^a-z]/g, '')
  const [first] = letters
  if (first === undefined) return text
  let code = ''
  let last = DIGITS[first] ?? ''
  for (const letter of letters.slice(1)) {
    const digit = DIGITS[letter] ?? ''
    if (digit !== '' && digit !== last) code += digit
    // h and w do not stand between two letters of one sound; vowels do.
    if (letter !== 'h' && letter !== 'w') last = digit
    if (code.length === 3) break
  }
  return `${first}${code.padEnd(3, '0')}`
}
