import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Item } from '@tenon/kernel/contracts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { instant, properties } from '../schemas/common.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'

const item = z
  .strictObject({
    id: z.string().min(1).max(200),
    title: z.string().max(2_000),
    categories: z.array(z.string().min(1).max(200)).max(20).default([]).openapi({ description: 'From the widest to the narrowest.' }),
    price: optional(z.number().finite().nonnegative()),
    available: z.boolean().default(true),
    product: optional(z.string().min(1).max(200)).openapi({ description: 'Shared by the variants of one product.' }),
    attributes: properties.default({}),
    createdAt: optional(instant),
  })
  .openapi('Item')

const putItems = createRoute({
  method: 'put',
  path: '/v1/items',
  tags: ['Items'],
  summary: 'Make or replace items of the catalogue',
  security,
  request: { body: body(z.strictObject({ items: z.array(item).min(1).max(10_000) })) },
  responses: responses(z.object({ changed: z.int(), total: z.int() }), 'How many were new or different, and how many there are now.'),
})

export function itemRoutes({ store }: Platform) {
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid }).openapi(putItems, async (context) => {
    const { items } = store.in(context.get('workspace'))
    const given = context.req
      .valid('json')
      .items.map(({ createdAt, ...rest }): Item => ({ ...rest, ...(createdAt === undefined ? {} : { createdAt: new Date(createdAt) }) }))
    const changed = await items.put(given)
    return context.json({ changed, total: await items.count() }, 200)
  })
}
