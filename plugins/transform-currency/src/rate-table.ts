import type { CurrencyConfig } from './config.ts'
import { type Decimal, decimalOf } from './decimal.ts'

export interface Rate {
  /** The day that the rate is of: `2026-01-15`. */
  readonly date: string
  readonly rate: Decimal
  /** As it was given. */
  readonly quoted: number
}

/** The rate of a currency on a day, or the last one before it that is not too old. */
export type RateOn = (currency: string, day: string) => Rate | undefined

const DAY_MS = 86_400_000

export function rateTable({ rates, maxAgeDays }: Pick<CurrencyConfig, 'rates' | 'maxAgeDays'>): RateOn {
  const byCurrency = new Map<string, Rate[]>()
  for (const [date, quotes] of Object.entries(rates).sort(([left], [right]) => (left < right ? -1 : 1))) {
    for (const [currency, quoted] of Object.entries(quotes)) {
      const rate = decimalOf(quoted)
      if (rate === undefined) continue
      const known = byCurrency.get(currency) ?? []
      known.push({ date, rate, quoted: Number(quoted) })
      byCurrency.set(currency, known)
    }
  }
  return (currency, day) => {
    const found = lastUpTo(byCurrency.get(currency) ?? [], day)
    if (found === undefined) return undefined
    return (Date.parse(day) - Date.parse(found.date)) / DAY_MS > maxAgeDays ? undefined : found
  }
}

/** By halves: tables hold years of days. */
function lastUpTo(rates: readonly Rate[], day: string): Rate | undefined {
  let [low, high] = [0, rates.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rates[middle]?.date ?? '') <= day) low = middle + 1
    else high = middle
  }
  return rates[low - 1]
}
