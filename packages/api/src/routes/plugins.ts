import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { responses, security } from '../schemas/respond.ts'

const pluginView = z
  .object({
    instance: z.string(),
    plugin: z.string(),
    version: z.string(),
    description: z.string().optional(),
    state: z.string(),
    health: z.object({ status: z.string(), reason: z.string().optional() }),
    circuit: z.string(),
    provides: z.array(z.string()),
    needs: z.array(z.object({ name: z.string(), capability: z.string(), required: z.boolean() })),
    times: z.record(z.string(), z.number()).openapi({ description: 'Milliseconds per step of the start.' }),
  })
  .openapi('Plugin')

const listPlugins = createRoute({
  method: 'get',
  path: '/v1/plugins',
  tags: ['Operations'],
  summary: 'The plugins of the edition, with health and times; no secrets',
  security,
  responses: responses(z.object({ edition: z.string(), plugins: z.array(pluginView) }), 'In start order.'),
})

export function pluginRoutes({ kernel }: Platform) {
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid }).openapi(listPlugins, async (context) => {
    const { edition, instances } = await kernel.inspect()
    const plugins = instances.map(({ instance, plugin, version, description, state, health, circuit, provides, needs, times }) => ({
      instance,
      plugin,
      version,
      state,
      health: health.status === 'ok' ? { status: health.status } : { status: health.status, reason: health.reason },
      circuit: String(circuit),
      provides: [...provides],
      needs: needs.map(({ name, capability, required }) => ({ name, capability, required })),
      times: { ...times } as Record<string, number>,
      ...(description === undefined ? {} : { description }),
    }))
    return context.json({ edition, plugins }, 200)
  })
}
