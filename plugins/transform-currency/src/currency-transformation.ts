import type { CustomerEvent, Properties, Transformation, TransformOutcome } from '@tenon/kernel/contracts'
import type { CurrencyConfig } from './config.ts'
import { type Decimal, decimalOf, numberOf, rounded } from './decimal.ts'
import { type Rate, rateTable } from './rate-table.ts'

const KEPT: TransformOutcome = Object.freeze({ kind: 'kept' })
const ONE: Decimal = { digits: 1n, scale: 0 }

/** Adds the amounts of an event in the base currency, with rate and day, beside the original ones. */
export function currencyTransformation(config: CurrencyConfig): Transformation {
  const { base, fields, assume, as, quoted, missing, after } = config
  const rateOn = rateTable(config)
  const digits = config.digits ?? minorUnits(base)

  function transform({ properties, timestamp }: CustomerEvent): TransformOutcome {
    if (Object.hasOwn(properties, as)) return KEPT
    const amounts = fields.flatMap((field) => {
      const amount = Object.hasOwn(properties, field) ? decimalOf(properties[field]) : undefined
      return amount === undefined ? [] : [[field, amount] as const]
    })
    const currency = currencyOf(properties, assume)
    if (amounts.length === 0 || currency === undefined) return KEPT
    const day = timestamp.toISOString().slice(0, 10)
    const rate: Rate | undefined = currency === base ? { date: day, rate: ONE, quoted: 1 } : rateOn(currency, day)
    if (rate === undefined) {
      return missing === 'keep' ? KEPT : { kind: 'failed', code: 'NO_RATE', message: `there is no rate of ${currency} for ${day}` }
    }
    const factors = quoted === 'base-per-unit' ? { times: rate.rate, over: ONE } : { times: ONE, over: rate.rate }
    const converted = amounts.flatMap(([field, value]) => {
      const number = numberOf(rounded({ value, ...factors }, digits))
      return number === undefined ? [] : [[field, number] as const]
    })
    if (converted.length === 0) return KEPT
    const added = { currency: base, rate: rate.quoted, date: rate.date, ...Object.fromEntries(converted) }
    return { kind: 'changed', parts: { properties: { ...properties, [as]: added } } }
  }

  return {
    label: { en: `Amounts in ${base}`, zh: `金额换算为 ${base}` },
    after,
    transform: async ({ events }) => events.map(transform),
  }
}

function currencyOf({ currency }: Properties, assume: string | undefined): string | undefined {
  if (currency === undefined || currency === null || currency === '') return assume
  const code = typeof currency === 'string' ? currency.trim().toUpperCase() : ''
  return /^[A-Z]{3}$/.test(code) ? code : undefined
}

/** Decimal places of a currency: 2 of EUR, 0 of JPY, 3 of KWD. */
const minorUnits = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
