import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { plain, profileReference, properties, reason } from '../schemas/common.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { findProfile } from './profile-of.ts'

const itemId = z.string().min(1).max(200)

const input = z.strictObject({
  scene: z.string().min(1).max(100).default('home').openapi({ example: 'related' }),
  profile: optional(profileReference),
  anchors: z.array(itemId).max(100).default([]).openapi({ description: 'The items that the page is about.' }),
  session: z.array(itemId).max(100).default([]).openapi({ description: 'Of the current visit, the latest first.' }),
  query: optional(z.string().max(200)),
  limit: optional(z.int().min(1).max(100)),
})

const output = z
  .object({
    requestId: z.string(),
    scene: z.string(),
    personal: z.boolean().openapi({ description: 'False where the answer is the same for everybody.' }),
    strategy: z.string(),
    models: z.record(z.string(), z.string()),
    items: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        price: z.number().optional(),
        score: z.number(),
        sources: z.array(z.string()),
        reasons: z.array(reason),
        attributes: properties,
      }),
    ),
  })
  .openapi('Recommendations')

const recommend = createRoute({
  method: 'post',
  path: '/v1/recommendations',
  tags: ['Recommendations'],
  summary: 'Items for a scene, with reasons; a person who is not known yet gets what fits everybody',
  security,
  request: { body: body(input) },
  responses: responses(output, 'Items, the best first. Empty where nothing is known: never random.'),
})

export function recommendationRoutes(platform: Platform) {
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid }).openapi(recommend, async (context) => {
    const workspace = context.get('workspace')
    const { profile: reference, ...request } = context.req.valid('json')
    const profile = reference === undefined ? undefined : await findProfile(platform, workspace, reference)
    const answer = await platform.recommendations.recommend({ workspace, ...request, ...(profile === undefined ? {} : { profile }) })
    const { requestId, scene, personal, strategy, models, items } = answer
    return context.json(
      {
        requestId,
        scene,
        personal,
        strategy,
        models: { ...models },
        items: items.map(({ item, score, sources, reasons, details }) => ({
          id: item,
          title: details.title,
          score,
          sources: [...sources],
          reasons: reasons.map(({ code, detail }) => ({ code, detail: plain(detail) })),
          attributes: plain(details.attributes),
          ...(details.price === undefined ? {} : { price: details.price }),
        })),
      },
      200,
    )
  })
}
