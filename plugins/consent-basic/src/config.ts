import { z } from 'zod'

/** Dotted lower case: `marketing.email` is part of `marketing`. */
export const PURPOSE = /^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/

const purposeName = z.string().max(128).regex(PURPOSE, 'dotted lower case, such as marketing.email')

const purposeRule = z
  .strictObject({
    purpose: purposeName.describe(
      'Its name. Parts of it, such as `marketing.email` of `marketing`, follow its rule unless they have one of their own.',
    ),
    label: z.strictObject({ en: z.string().min(1), zh: z.string().min(1).optional() }).describe('What a person reads.'),
    bases: z
      .array(z.string().min(1))
      .min(1)
      .describe('Legal bases on which it may rest; the first that is not `consent` carries it where nobody objected.'),
    requires: z
      .enum(['consent', 'objection'])
      .describe('`consent`: nothing without a grant. `objection`: allowed until the person objects.'),
  })
  .refine((rule) => rule.requires === 'consent' || rule.bases.some((basis) => basis !== 'consent'), {
    path: ['bases'],
    message: 'what is allowed without a grant needs a basis other than consent',
  })

/** Keys of records that would reach a prototype are refused by zod itself; names are free otherwise. */
const categories = z.record(z.string().min(1).max(128), z.array(purposeName).min(1))

export const config = z.strictObject({
  purposes: z.array(purposeRule).default([]).describe('Added to the default purposes; an entry replaces the default of the same name.'),
  categories: categories
    .default({ Advertising: ['marketing.ads'], Analytics: ['profile'], Personalization: ['personalise'] })
    .describe(
      'Which purposes a category of `context.consent.categoryPreferences` grants or denies. Categories that are not named say nothing.',
    ),
  gpcDenies: z.array(purposeName).default(['marketing']).describe('What a Global Privacy Control signal denies, with all its parts.'),
  notice: z.string().default('signal').describe('Version of the notice that people see; recorded with what they say by signal.'),
  jurisdictions: z
    .array(z.string().regex(/^([A-Z]{2}(-[A-Z0-9]+)?|\*)$/))
    .min(1)
    .default(['*'])
    .describe('ISO 3166 codes of countries, or `*`.'),
})

export type ConsentBasicConfig = z.output<typeof config>
export type PurposeRule = z.output<typeof purposeRule>
