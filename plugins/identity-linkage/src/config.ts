import { z } from 'zod'
import { type FieldKind, fieldKinds } from './comparison/kinds.ts'

const key = z
  .string()
  .regex(/^[a-z][a-z0-9_.]*$/)
  .max(100)

const fieldConfig = z.strictObject({
  key: key.describe('The name of the field in evidence and blocking rules.'),
  kind: z.enum(fieldKinds as readonly [FieldKind, ...FieldKind[]]).describe('How its values are brought into one form and compared.'),
  from: z
    .union([z.strictObject({ identifier: z.string().min(1) }), z.strictObject({ trait: z.string().min(1) })])
    .describe('An identifier type, or a dotted path in the traits.'),
  label: z.strictObject({ en: z.string().min(1), zh: z.string().min(1).exactOptional() }).exactOptional(),
  frequency: z.boolean().exactOptional().describe('Whether a rare value in common says more than a frequent one; by kind where absent.'),
})

const blockingPart = z.strictObject({
  field: key,
  by: z.enum(['value', 'sound', 'start']).default('value').describe('Equal values, equal Soundex (names), or equal first four characters.'),
})

export const linkageConfig = z
  .strictObject({
    fields: z
      .array(fieldConfig)
      .min(1)
      .max(50)
      .default([
        { key: 'email', kind: 'email', from: { identifier: 'email' }, label: { en: 'E-mail', zh: '邮箱' } },
        { key: 'phone', kind: 'phone', from: { identifier: 'phone' }, label: { en: 'Phone', zh: '手机号' } },
        { key: 'first_name', kind: 'name', from: { trait: 'firstName' }, label: { en: 'First name', zh: '名' } },
        { key: 'last_name', kind: 'name', from: { trait: 'lastName' }, label: { en: 'Last name', zh: '姓' } },
        { key: 'birthday', kind: 'date', from: { trait: 'birthday' }, label: { en: 'Date of birth', zh: '生日' } },
        { key: 'street', kind: 'text', from: { trait: 'address.street' }, label: { en: 'Street', zh: '街道' } },
        { key: 'city', kind: 'text', from: { trait: 'address.city' }, label: { en: 'City', zh: '城市' } },
        { key: 'postcode', kind: 'postcode', from: { trait: 'address.postalCode' }, label: { en: 'Post code', zh: '邮编' } },
      ])
      .describe('What is read and compared.'),
    blocking: z
      .array(z.array(blockingPart).min(1).max(4))
      .min(1)
      .max(60)
      .exactOptional()
      .describe('Pairs that any rule puts into one block are compared. Absent: every field alone, and every two of which one is a name.'),
    maxBlock: z
      .int()
      .min(2)
      .max(10_000)
      .default(200)
      .describe('Blocks of more people than this are left out of their rule: they say little.'),
    randomPairs: z.int().min(1_000).max(10_000_000).default(500_000).describe('Pairs at random that teach how often strangers agree.'),
    trainingPairs: z
      .int()
      .min(1_000)
      .max(10_000_000)
      .default(200_000)
      .describe('Pairs of each blocking rule that teach how often one person agrees.'),
    expectedMatches: z.int().positive().exactOptional().describe('How many pairs are one person, if it is known; estimated otherwise.'),
    assignment: z
      .enum(['many', 'one-to-one'])
      .default('many')
      .describe('`one-to-one`: everybody has one other profile at the most; the best pair first.'),
    every: z
      .string()
      .regex(/^[1-9]\d{0,4}[smhdw]$/, 'a duration such as 1d')
      .default('1d')
      .describe('How old a model may get.'),
  })
  .refine(({ fields }) => new Set(fields.map((field) => field.key)).size === fields.length, {
    path: ['fields'],
    message: 'a field is named twice',
  })
  .refine(({ fields, blocking = [] }) => blocking.flat().every(({ field }) => fields.some((known) => known.key === field)), {
    path: ['blocking'],
    message: 'a rule names a field that there is not',
  })

export type LinkageConfig = z.output<typeof linkageConfig>
export type FieldConfig = LinkageConfig['fields'][number]
export type BlockingRule = NonNullable<LinkageConfig['blocking']>[number]
