import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Health } from '@tenon/kernel'
import type { ApiEnvironment } from '../http/environment.ts'
import { createMetrics } from '../metrics.ts'
import type { Platform } from '../platform.ts'

const health = z.object({
  status: z.string(),
  parts: z.record(z.string(), z.object({ status: z.string(), reason: z.string().optional() })),
})
const answers = (schema: z.ZodType) => ({ description: 'Healthy.', content: { 'application/json': { schema } } })

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['Operations'],
  summary: 'Whether the process is alive',
  responses: { 200: answers(z.object({ status: z.literal('ok'), version: z.string() })) },
})

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['Operations'],
  summary: 'Whether everything works that traffic needs',
  responses: { 200: answers(health), 503: { ...answers(health), description: 'Some part is down.' } },
})

const printMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  tags: ['Operations'],
  summary: 'Metrics in the text format of Prometheus',
  responses: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } } },
})

export function systemRoutes(platform: Platform) {
  const metrics = createMetrics(platform)
  return new OpenAPIHono<ApiEnvironment>()
    .openapi(healthz, (context) => context.json({ status: 'ok' as const, version: platform.version }, 200))
    .openapi(readyz, async (context) => {
      const parts = await platform.ready()
      const isDown = Object.values(parts).some(({ status }) => status === 'down')
      const shown = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, partOf(part)]))
      return isDown ? context.json({ status: 'down', parts: shown }, 503) : context.json({ status: 'ok', parts: shown }, 200)
    })
    .openapi(printMetrics, async (context) => context.text(await metrics.print(), 200, { 'content-type': metrics.contentType }))
}

const partOf = (part: Health) => (part.status === 'ok' ? { status: part.status } : { status: part.status, reason: part.reason })
