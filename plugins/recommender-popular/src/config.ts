import { z } from 'zod'

const duration = z.string().regex(/^\d{1,5}[smhdw]$/, 'a duration such as 7d')

export const popularConfig = z.strictObject({
  /** What counts, by event name: weight and half-life in days. */
  kinds: z
    .record(z.string().min(1), z.strictObject({ weight: z.number().positive(), halfLifeDays: z.number().positive().exactOptional() }))
    .default({
      'Order Completed': { weight: 5, halfLifeDays: 14 },
      'Product Added': { weight: 2, halfLifeDays: 7 },
      'Product Viewed': { weight: 1, halfLifeDays: 3 },
    }),
  /** Only what happened so long ago at the most. */
  within: duration.default('90d'),
  /** How many items the list holds. */
  size: z.number().int().min(1).max(10_000).default(1_000),
  /** Items that fewer people touched are left out. */
  minPeople: z.number().int().min(1).default(1),
  every: duration.default('1m'),
})
export type PopularConfig = z.infer<typeof popularConfig>
