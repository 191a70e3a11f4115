import { z } from 'zod'

const duration = z.string().regex(/^\d{1,5}[smhdw]$/, 'a duration such as 30d')
/** Minor units (cents), so that money is exact. */
const amount = z.number().int().nonnegative().max(1e12)

/** What a coupon of the catalogue promises. */
export const couponTerms = z.strictObject({
  discount: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('fixed'), amount: amount.min(1) }),
    z.strictObject({ type: z.literal('percent'), percent: z.number().positive().max(100), atMost: amount.exactOptional() }),
  ]),
  /** ISO 4217; a basket in another currency can not use the coupon. */
  currency: z.string().regex(/^[A-Z]{3}$/, 'three letters of ISO 4217'),
  /** The basket must be worth so much, counting what the coupon is for. */
  minimum: amount.default(0),
  /** The coupon is for these categories or items alone; for everything where both are absent. */
  categories: z.array(z.string().min(1)).min(1).max(1_000).exactOptional(),
  items: z.array(z.string().min(1)).min(1).max(10_000).exactOptional(),
  /** How long a person has; for ever where absent. */
  validFor: duration.exactOptional(),
  code: z
    .strictObject({
      prefix: z
        .string()
        .max(12)
        .regex(/^[A-Z0-9-]*$/, 'capital letters, digits and dashes')
        .default(''),
      length: z.number().int().min(8).max(32).default(12),
    })
    .prefault({}),
  /** Whether the holder may give it away. */
  transferable: z.boolean().default(false),
})
export type CouponTerms = z.infer<typeof couponTerms>
