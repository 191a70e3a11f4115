import { z } from 'zod'

const path = z.string().min(1).max(200)

/** The body of a definition of kind `rfm`. */
export const rfmDefinition = z.strictObject({
  /** The event that is a purchase. */
  event: z.string().min(1).max(200).default('Order Completed'),
  /** Where the purchase says its worth. */
  amount: path.default('revenue'),
  /** Only purchases of so long ago at the most; all where absent. */
  within: z
    .string()
    .regex(/^\d{1,5}[smhdw]$/, 'a duration such as 365d')
    .exactOptional(),
  /** How many bands each of the three gets; 5 is the custom. */
  bands: z.number().int().min(2).max(10).default(5),
  /** Upper ends of the lower bands, ascending, `bands - 1` of them; quantiles of all buyers where absent. */
  fixed: z
    .strictObject({
      recencyDays: z.array(z.number().nonnegative()),
      frequency: z.array(z.number().nonnegative()),
      monetary: z.array(z.number()),
    })
    .exactOptional(),
})
export type RfmDefinition = z.infer<typeof rfmDefinition>

export const rfmConfig = z.strictObject({
  /** Defines the tag `rfm` in every workspace from the start. */
  preset: z.boolean().default(true),
  definition: rfmDefinition.optional(),
  /** How often everybody is banded anew. */
  every: z
    .string()
    .regex(/^\d{1,5}[smhd]$/, 'a duration such as 1h')
    .default('1h'),
})
export type RfmConfig = z.infer<typeof rfmConfig>
