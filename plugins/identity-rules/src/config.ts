import { z } from 'zod'
import { BLOCKED_PATTERNS, BLOCKED_VALUES } from './presets.ts'

const pattern = z.string().refine(isPattern, 'not a regular expression')

const typeConfig = z.strictObject({
  type: z
    .string()
    .regex(/^[a-z][a-z0-9_.]*$/)
    .describe('The name that sources give it.'),
  label: z.strictObject({ en: z.string(), zh: z.string().optional() }).optional(),
  format: z.enum(['text', 'email', 'phone']).optional().describe('How values are normalised and checked.'),
  limit: z
    .strictObject({ count: z.int().positive(), window: z.enum(['ever', 'daily', 'weekly', 'monthly', 'annually']).default('ever') })
    .optional()
    .describe('How many different values one person may have, of those first seen within the window.'),
  unique: z.boolean().optional().describe('One person never has two of them: not even an alias joins people who do.'),
  personal: z.boolean().optional().describe('Masked in lists and logs.'),
  pattern: pattern.optional().describe('What a value must look like once it is normalised.'),
  blocked: z.array(z.string()).default([]).describe('Values of this type that identify nobody.'),
})

export const identityConfig = z
  .strictObject({
    types: z
      .array(typeConfig)
      .min(1)
      .default(['user_id', 'email', 'phone', 'anonymous_id'].map((type) => ({ type, blocked: [] })))
      .describe('All identifier types, the highest priority first. Known names need nothing but their name.'),
    defaultCountry: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .optional()
      .describe('ISO 3166 code of the country of phone numbers without a country code. Without it such numbers identify nobody.'),
    blockedValues: z
      .array(z.string())
      .default([...BLOCKED_VALUES])
      .describe('Values of any type that identify nobody; case does not matter.'),
    blockedPatterns: z
      .array(pattern)
      .default([...BLOCKED_PATTERNS])
      .describe('Regular expressions of values of any type that identify nobody.'),
    alias: z
      .enum(['join', 'obey-limits'])
      .default('join')
      .describe(
        '`join`: an alias joins two people even beyond limits, though never beyond `unique`. `obey-limits`: it is an event like others.',
      ),
  })
  .refine(({ types }) => new Set(types.map(({ type }) => type)).size === types.length, {
    path: ['types'],
    message: 'a type is named twice',
  })

export type IdentityConfig = z.output<typeof identityConfig>
export type TypeConfig = IdentityConfig['types'][number]

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, 'u').source !== ''
  } catch {
    return false
  }
}
