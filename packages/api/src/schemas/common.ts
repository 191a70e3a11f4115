import { z } from '@hono/zod-openapi'
import type { Properties } from '@tenon/kernel/contracts'
import { optional } from './optional.ts'

export const json = z.json()
export const properties = z.record(z.string(), json).openapi({ type: 'object', additionalProperties: true })

/** The same value in the type that the schema infers, which is not read-only. */
export const plain = (value: Properties): z.infer<typeof properties> => value as z.infer<typeof properties>

export const instant = z.iso.datetime({ offset: true }).openapi({ example: '2026-03-01T12:00:00Z' })

export const definitionKey = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$/, 'dotted lower case, such as orders.last30d')
  .max(100)
  .openapi({ example: 'loyal-buyers' })

export const label = z
  .union([z.string().min(1).max(200), z.strictObject({ en: z.string().min(1).max(200), zh: optional(z.string().min(1).max(200)) })])
  .transform((given) => (typeof given === 'string' ? { en: given } : given))
  .openapi({ type: 'object', properties: { en: { type: 'string' }, zh: { type: 'string' } }, description: 'A text, or one per language.' })

export const shownLabel = z.object({ en: z.string(), zh: z.string().optional() })

export const identifier = z.object({ type: z.string(), value: z.string() })

/** `type:value`, as in `email:an@example.com`. Everything after the first colon is the value. */
export const profileReference = z
  .string()
  .max(1_100)
  .regex(/^[A-Za-z][\w-]*:.+$/s, 'type:value, such as email:an@example.com')
  .transform((text) => ({ type: text.slice(0, text.indexOf(':')), value: text.slice(text.indexOf(':') + 1) }))
  .openapi({ type: 'string', example: 'user_id:u-1', description: 'type:value of one of the identifiers of the person' })

export const profileParam = z.object({
  profile: profileReference.openapi({ param: { name: 'profile', in: 'path' } }),
})

export const keyParam = z.object({ key: definitionKey.openapi({ param: { name: 'key', in: 'path' } }) })

export const paging = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(100)
    .openapi({ param: { name: 'limit', in: 'query' }, example: 100 }),
  cursor: optional(z.string().max(2_000)).openapi({ param: { name: 'cursor', in: 'query' }, description: '`next` of the page before' }),
})

export const next = z.string().nullable().openapi({ description: 'The cursor of the next page; null at the end.' })

export const reason = z.object({ code: z.string(), detail: properties })

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().openapi({ example: 'TENON_REQUEST_INVALID' }),
    detail: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem')
