import type { Json } from '@tenon/kernel/contracts'

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|z|[+-]\d\d(?::?\d\d)?)?)?$/
/** Numbers below are seconds (until the year 5138), above milliseconds (from 1973). */
const FIRST_MILLISECONDS = 100_000_000_000

/**
 * Milliseconds since 1970; undefined when absent (`null` and `''` are absent), NaN when it is no time. Reads ISO 8601,
 * UTC where no zone is given, and Unix times in seconds or milliseconds.
 */
export function readTime(value: Json | undefined): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'number') return Math.abs(value) < FIRST_MILLISECONDS ? value * 1_000 : value
  if (typeof value !== 'string') return Number.NaN
  const match = ISO.exec(value)
  if (match === null) return Number.NaN
  return Date.parse(match[1] === undefined && value.length > 10 ? `${value.replace(' ', 'T')}Z` : value)
}

/**
 * Segment's correction for the client's clock: `receivedAt - (sentAt - original)`. Without a usable `sentAt` the
 * original stands; without an original it happened when it was received. NaN when the original is no time.
 */
export function correctedTime(times: {
  readonly original: number | undefined
  readonly sentAt: number | undefined
  readonly receivedAt: number
}): number {
  const { original, sentAt, receivedAt } = times
  if (original === undefined) return receivedAt
  if (sentAt === undefined || Number.isNaN(sentAt)) return original
  return receivedAt - (sentAt - original)
}
