import { z } from 'zod'
import { DETECTORS } from './detectors/detectors.ts'

const PARTS = ['properties', 'traits', 'context', 'group', 'identifiers'] as const

const path = z
  .array(z.string().min(1))
  .min(2)
  .max(32)
  .refine(([part]) => PARTS.some((known) => known === part), `begins with one of ${PARTS.join(', ')}`)

const what = {
  action: z
    .enum(['remove', 'mask', 'hash'])
    .describe('`remove`: key and value go. `mask`: `***`, with the last `show` characters. `hash`: HMAC-SHA256 with `secret`.'),
  show: z.int().min(0).max(4).default(0).describe('How many characters at the end a mask shows.'),
}
const identifiers = z
  .boolean()
  .default(false)
  .describe('Also the identifiers, by which people are recognised. Not with `mask`: all would become one person.')

const rule = z
  .union([
    z.strictObject({
      path: z
        .union([
          z
            .string()
            .transform((text) => text.split('.'))
            .pipe(path),
          path,
        ])
        .describe('Where: `traits.address.street`, `properties.products.*.note`; `*` is any key or place. As a list where keys have dots.'),
      ...what,
    }),
    z.strictObject({
      key: z.string().min(1).max(128).describe('Keys, however deep: `*phone*`. `*` is any text; capitals do not matter.'),
      identifiers,
      ...what,
    }),
    z.strictObject({
      detect: z.enum(DETECTORS).describe('What looks like one, in keys and values, also within a longer text.'),
      identifiers,
      ...what,
    }),
  ])
  .refine((one) => one.action !== 'mask' || !touchesIdentifiers(one), 'identifiers are removed or hashed, never masked')

export const piiConfig = z
  .strictObject({
    rules: z.array(rule).max(200).describe('Of several that name a value by path or key the first counts; detectors see what is left.'),
    secret: z
      .string()
      .min(16)
      .meta({ writeOnly: true })
      .optional()
      .describe('Of `hash`: 16 characters or more. Another secret makes other hashes.'),
    maxDepth: z.int().min(1).max(64).default(32).describe('An event that is nested deeper becomes a failed event.'),
    maxValues: z.int().min(1).max(100_000).default(5_000).describe('An event with more values becomes a failed event.'),
    after: z.array(z.string().min(1)).default([]).describe('Instances of transformations that run before this one.'),
  })
  .refine(({ rules, secret }) => secret !== undefined || rules.every(({ action }) => action !== 'hash'), {
    path: ['secret'],
    message: 'a rule that hashes needs a secret',
  })

export type PiiRule = z.output<typeof rule>
export type PiiConfig = z.output<typeof piiConfig>

function touchesIdentifiers(one: { readonly path?: readonly string[]; readonly identifiers?: boolean }): boolean {
  return one.identifiers === true || one.path?.[0] === 'identifiers'
}
