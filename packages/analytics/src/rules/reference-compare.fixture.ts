import { type Comparison, durationMs, instantOf, type Json } from '@tenon/kernel/contracts'
import type { Instant, Truth } from './reference.fixture.ts'

/** Any of the values; unknown where there is none. */
export function compareValues(values: readonly Json[], comparison: Comparison, at: Instant): Truth {
  if ('exists' in comparison) return comparison.exists === values.length > 0
  return values.length === 0 ? undefined : values.some((value) => holds(value, comparison, at))
}

function holds(value: Json, comparison: Exclude<Comparison, { readonly exists: boolean }>, { asOf, zone }: Instant): boolean {
  const alike = (other: unknown): boolean => typeof value === typeof other
  const number = typeof value === 'number' ? value : Number.NaN
  const text = typeof value === 'string' ? value : undefined
  const date = text === undefined ? undefined : instantOf(text, zone)
  const lately = (duration: string): boolean =>
    date !== undefined && date <= asOf.getTime() && date > asOf.getTime() - (durationMs(duration) ?? Number.NaN)
  const instant = (written: string): number => instantOf(written, zone) ?? Number.NaN

  if ('eq' in comparison) return value === comparison.eq
  if ('ne' in comparison) return alike(comparison.ne) && value !== comparison.ne
  if ('in' in comparison) return comparison.in.some((one) => one === value)
  if ('notIn' in comparison) return comparison.notIn.some(alike) && comparison.notIn.every((one) => one !== value)
  if ('gt' in comparison) return number > comparison.gt
  if ('gte' in comparison) return number >= comparison.gte
  if ('lt' in comparison) return number < comparison.lt
  if ('lte' in comparison) return number <= comparison.lte
  if ('between' in comparison) return number >= comparison.between[0] && number <= comparison.between[1]
  if ('contains' in comparison)
    return Array.isArray(value) ? value.includes(comparison.contains) : (text?.includes(comparison.contains) ?? false)
  if ('startsWith' in comparison) return text?.startsWith(comparison.startsWith) ?? false
  if ('endsWith' in comparison) return text?.endsWith(comparison.endsWith) ?? false
  if ('before' in comparison) return date !== undefined && date < instant(comparison.before)
  if ('after' in comparison) return date !== undefined && date > instant(comparison.after)
  if ('last' in comparison) return lately(comparison.last)
  return date !== undefined && !lately(comparison.notLast)
}
