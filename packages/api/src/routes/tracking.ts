import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnvironment } from '../http/environment.ts'
import type { Platform } from '../platform.ts'

const described = { GET: 'get', POST: 'post', PUT: 'put' } as const
type Described = keyof typeof described
const isDescribed = (method: string): method is Described => Object.hasOwn(described, method)

const sent = z
  .union([z.record(z.string(), z.json()), z.array(z.json())])
  .openapi({ type: 'object', additionalProperties: true, description: 'One event, or a batch, in the protocol of the source.' })
const answered = z.record(z.string(), z.json()).openapi({ type: 'object', additionalProperties: true })
const answer = (description: string) => ({ description, content: { 'application/json': { schema: answered } } })

/**
 * Writes the routes of the edition's sources into the description of the API: they are served by ingest, with protocols of
 * their own. Preflights are left out, and a path that several instances serve is told once.
 */
export function describeTracking(api: OpenAPIHono<ApiEnvironment>, { ingest }: Pick<Platform, 'ingest'>): void {
  const operations = new Map(
    ingest.routes.flatMap(({ methods, path }) =>
      methods.filter(isDescribed).map((method): [string, { method: Described; path: string }] => [`${method} ${path}`, { method, path }]),
    ),
  )
  for (const { method, path } of operations.values()) {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
    const body = method === 'GET' ? {} : { body: { required: true, content: { 'application/json': { schema: sent } } } }
    api.openAPIRegistry.registerPath({
      method: described[method],
      path: path.replaceAll(/:(\w+)/g, '{$1}'),
      tags: ['Events'],
      summary: method === 'GET' ? 'What a client asks before it sends' : 'Send events',
      security: [{ writeKey: [] }],
      request: { params: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))), ...body },
      responses: {
        200: answer(method === 'GET' ? 'For the client.' : 'Everything that was sent is on disk, as an event or as a failed event.'),
        400: answer('Not a part of it can be read: sending it again is no use. It is kept as a failed event.'),
        401: answer('No valid write key.'),
        413: answer('The body is too large.'),
        429: answer('Nothing was kept: send it again after `Retry-After` seconds.'),
      },
    })
  }
}
