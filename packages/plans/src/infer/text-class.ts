import { formats } from '../formats.ts'

/** The formats that a draft may name, the more telling first: a text is of the first that it fits, and of no other. */
const TOLD = ['uuid', 'date-time', 'date', 'email', 'ipv4', 'uri'] as const

export type TextFormat = (typeof TOLD)[number]

const LONGEST_VALUE = 64
const IDENTIFYING = /@|\d{6}|\p{Cc}/u

/** The one format of a text, or undefined. Names of hosts are left out: every word is one. */
export function formatOf(text: string): TextFormat | undefined {
  // Each of them has one of these.
  if (!/[-.:@]/.test(text)) return undefined
  return TOLD.find((name) => formats[name]?.(text))
}

/** Whether a text could be one of a few words of a programmer: short, well-formed, and nothing that could name or reach somebody. */
export const isWord = (text: string): boolean => text.length <= LONGEST_VALUE && text.isWellFormed() && !IDENTIFYING.test(text)
