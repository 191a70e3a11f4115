import { z } from 'zod'
import { measureDefinition } from './definition.ts'

/** Tags that exist from the start, unless a workspace has its own under the key. */
export const measureConfig = z.strictObject({
  presets: z
    .array(
      z.strictObject({
        key: z.string().regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/, 'dotted lower case'),
        label: z.strictObject({ en: z.string().min(1), zh: z.string().min(1).exactOptional() }),
        definition: measureDefinition,
      }),
    )
    .default([]),
})
export type MeasureConfig = z.infer<typeof measureConfig>
