import type { Duration } from './rule.ts'

const MILLISECONDS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** A hundred years: longer than any history, and far from where dates overflow. */
const LONGEST = 36_525 * MILLISECONDS.d

/** Milliseconds of a duration of the rule language (`90s`, `1.5h`, `30d`); undefined when it is none. */
export function durationMs(text: Duration): number | undefined {
  const [, amount, unit] = /^(\d{1,10}(?:\.\d{1,3})?)([smhdw])$/.exec(text) ?? []
  if (amount === undefined || unit === undefined) return undefined
  const milliseconds = Math.round(Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS])
  return milliseconds >= 1 && milliseconds <= LONGEST ? milliseconds : undefined
}
