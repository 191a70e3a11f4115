import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { next, paging } from '../schemas/common.ts'
import { responses, security } from '../schemas/respond.ts'

const failedEvent = z
  .object({
    id: z.string(),
    source: z.string(),
    stage: z.string().openapi({ description: 'The station that refused it.' }),
    code: z.string(),
    reason: z.string(),
    payload: z.string().openapi({ description: 'What was refused, as JSON text where it was JSON.' }),
    messageId: z.string().optional(),
    receivedAt: z.string(),
  })
  .openapi('FailedEvent')

const filter = paging.extend({
  stage: z
    .string()
    .min(1)
    .max(100)
    .exactOptional()
    .openapi({ param: { name: 'stage', in: 'query' } }),
  code: z
    .string()
    .min(1)
    .max(100)
    .exactOptional()
    .openapi({ param: { name: 'code', in: 'query' } }),
})

const listFailedEvents = createRoute({
  method: 'get',
  path: '/v1/failed-events',
  tags: ['Events'],
  summary: 'What was refused, where and why, newest first',
  security,
  request: { query: filter },
  responses: responses(z.object({ failedEvents: z.array(failedEvent), next }), 'One page.'),
})

export function failedEventRoutes({ analytics }: Platform) {
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid }).openapi(listFailedEvents, async (context) => {
    const page = await analytics.in(context.get('workspace')).failedEvents(context.req.valid('query'))
    const failedEvents = page.rows.map(({ id, source, stage, code, reason, payload, messageId, receivedAt }) => ({
      id,
      source,
      stage,
      code,
      reason,
      payload,
      receivedAt: receivedAt.toISOString(),
      ...(messageId === undefined ? {} : { messageId }),
    }))
    return context.json({ failedEvents, next: page.next ?? null }, 200)
  })
}
