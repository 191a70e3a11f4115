import { z } from 'zod'

const duration = z.string().regex(/^\d{1,5}[smhdw]$/, 'a duration such as 7d')

export const covisitConfig = z.strictObject({
  /** What counts, by event name: weight and half-life in days. */
  kinds: z
    .record(z.string().min(1), z.strictObject({ weight: z.number().positive(), halfLifeDays: z.number().positive().exactOptional() }))
    .default({
      'Order Completed': { weight: 5, halfLifeDays: 180 },
      'Product Added': { weight: 2, halfLifeDays: 60 },
      'Product Viewed': { weight: 1, halfLifeDays: 30 },
    }),
  /** Only what happened so long ago at the most. */
  within: duration.default('365d'),
  /** Silence that ends a session. */
  gapMinutes: z.number().int().positive().default(30),
  /** The latest so many items of a session are paired. */
  cap: z.number().int().min(2).max(200).default(50),
  /** Neighbours that each item keeps. */
  perItem: z.number().int().min(1).max(500).default(50),
  /** Pairs that fewer people made are chance. */
  minPeople: z.number().int().min(1).default(2),
  every: duration.default('1h'),
})
export type CovisitConfig = z.infer<typeof covisitConfig>
