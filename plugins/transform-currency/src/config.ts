import { z } from 'zod'
import { decimalOf } from './decimal.ts'

const currency = z.string().regex(/^[A-Z]{3}$/, 'three capital letters of ISO 4217, such as EUR')
const rate = z
  .union([z.number(), z.string()])
  .refine((value) => (decimalOf(value)?.digits ?? 0n) > 0n, 'a decimal number above zero, as a number or as text')

export const currencyConfig = z.strictObject({
  base: currency.describe('The currency in which all amounts are wanted.'),
  rates: z
    .record(z.iso.date(), z.record(currency, rate))
    .describe('By day (UTC): rates of the currencies that the events use. A rate holds until a later day has one for the currency.'),
  quoted: z
    .enum(['units-per-base', 'base-per-unit'])
    .default('units-per-base')
    .describe('`units-per-base`: 1 EUR is 1.08 USD, as central banks publish them. `base-per-unit`: 1 USD is 0.92 EUR.'),
  fields: z.array(z.string().min(1)).min(1).default(['value', 'revenue', 'total', 'price']).describe('Amounts in the properties.'),
  assume: currency.optional().describe('The currency of events that name none. Without it they are left alone.'),
  as: z.string().min(1).default('base').describe('The property that holds what is added.'),
  maxAgeDays: z.int().min(0).max(3_650).default(7).describe('An older rate is none.'),
  missing: z.enum(['keep', 'fail']).default('keep').describe('An event without a rate goes on as it is, or becomes a failed event.'),
  digits: z.int().min(0).max(8).optional().describe('Decimal places. Without it those of the base currency: 2 of EUR, 0 of JPY.'),
  after: z.array(z.string().min(1)).default([]).describe('Instances of transformations that run before this one.'),
})
export type CurrencyConfig = z.output<typeof currencyConfig>
