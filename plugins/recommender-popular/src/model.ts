import { z } from 'zod'

const modelSchema = z.strictObject({
  version: z.literal(1),
  items: z.array(z.strictObject({ item: z.string(), weight: z.number(), people: z.number() })),
})
export type PopularModel = z.infer<typeof modelSchema>

export const encodeModel = (model: PopularModel): Uint8Array => new TextEncoder().encode(JSON.stringify(model))

/** Throws on bytes that no version of this plugin wrote. */
export const decodeModel = (bytes: Uint8Array): PopularModel =>
  modelSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
