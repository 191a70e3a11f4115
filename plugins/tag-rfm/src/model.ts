import { z } from 'zod'

const modelSchema = z.strictObject({
  version: z.literal(1),
  bands: z.number().int(),
  /** The instant, in milliseconds, that the recency of the cuts is counted from; absent where they are ages at any instant. */
  fittedAt: z.number().int().exactOptional(),
  recency: z.array(z.number()),
  frequency: z.array(z.number()),
  monetary: z.array(z.number()),
})

/** The cuts between bands. Recency in seconds since the last purchase, monetary value in the unit of the amount. */
export type RfmModel = z.infer<typeof modelSchema>

export const encodeModel = (model: RfmModel): Uint8Array => new TextEncoder().encode(JSON.stringify(model))

/** Throws on bytes that no version of this plugin wrote. */
export const decodeModel = (bytes: Uint8Array): RfmModel =>
  modelSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
