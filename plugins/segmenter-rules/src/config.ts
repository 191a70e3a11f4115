import { z } from 'zod'
import { rulesDefinition } from './definition.ts'

/** Segments that exist from the start, unless a workspace has its own under the key. */
export const rulesConfig = z.strictObject({
  presets: z
    .array(
      z.strictObject({
        key: z.string().regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/, 'dotted lower case'),
        label: z.strictObject({ en: z.string().min(1), zh: z.string().min(1).exactOptional() }),
        definition: rulesDefinition,
      }),
    )
    .default([]),
})
export type RulesConfig = z.infer<typeof rulesConfig>
