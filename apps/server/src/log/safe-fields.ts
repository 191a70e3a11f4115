import { describeError } from './describe-error.ts'
import { withoutAddresses } from './without-addresses.ts'

export type Fields = Readonly<Record<string, unknown>>

const DEEPEST = 6

/** The fields of a line as they may be written: errors are described, addresses are taken out of texts at any depth. */
export const safeFields = (fields: Fields, titles: ReadonlyMap<string, string>): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, safeValue(value, titles, 0)]))

function safeValue(value: unknown, titles: ReadonlyMap<string, string>, depth: number): unknown {
  if (value instanceof Error) return describeError(value, titles)
  if (typeof value === 'string') return withoutAddresses(value)
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth === DEEPEST) return '[deep]'
  if (Array.isArray(value)) return value.map((entry: unknown) => safeValue(entry, titles, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [withoutAddresses(name), safeValue(entry, titles, depth + 1)]))
}
