import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Properties } from '@tenon/kernel/contracts'
import type { Replay } from '@tenon/store'
import { Conflict, NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { plain, properties } from '../schemas/common.ts'
import { failedFilter, toFilter } from '../schemas/failed-event.ts'
import { body, responses, security } from '../schemas/respond.ts'

const replay = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done', 'cancelled']),
    filter: properties,
    found: z.int().openapi({ description: 'How many the filter selected when it was asked for.' }),
    queued: z.int().openapi({ description: 'How many of them are on their way or through.' }),
    stored: z.int(),
    duplicate: z.int(),
    dropped: z.int().openapi({ description: 'Consent forbids to keep them by now.' }),
    failed: z.int().openapi({ description: 'Failed once more; they are open again with one attempt more.' }),
    requestedBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('Replay')

const common = { tags: ['Failed events'], security }
const idParam = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) })

const startReplay = createRoute({
  ...common,
  method: 'post',
  path: '/v1/replays',
  summary: 'Send all failed events that a filter selects through everything once more',
  request: { body: body(z.strictObject({ filter: failedFilter })) },
  responses: responses(replay, 'The replay, which goes on by itself.'),
})

const listReplays = createRoute({
  ...common,
  method: 'get',
  path: '/v1/replays',
  summary: 'The last hundred replays, newest first',
  responses: responses(z.object({ replays: z.array(replay) }), 'The replays.'),
})

const getReplay = createRoute({
  ...common,
  method: 'get',
  path: '/v1/replays/{id}',
  summary: 'How far a replay has come, and what became of its events',
  request: { params: idParam },
  responses: responses(replay, 'The replay.'),
})

const cancelReplay = createRoute({
  ...common,
  method: 'delete',
  path: '/v1/replays/{id}',
  summary: 'Stop a replay; what is on its way goes on',
  request: { params: idParam },
  responses: responses(z.object({ id: z.string(), cancelled: z.literal(true) }), 'It is stopped.'),
})

const shown = ({ filter, createdAt, updatedAt, cursor: _, ...rest }: Replay): z.infer<typeof replay> => ({
  ...rest,
  filter: plain(filter as Properties),
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})

export function replayRoutes({ store, failedEvents }: Platform) {
  const unknown = (id: string) => NotFound.create({ what: 'replay', name: id })

  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(startReplay, async (context) => {
      const filter = toFilter(context.req.valid('json').filter)
      const started = await failedEvents.replayAll({ workspace: context.get('workspace'), filter, actor: context.get('actor') })
      return context.json(shown(started), 200)
    })
    .openapi(listReplays, async (context) => {
      const replays = await store.in(context.get('workspace')).replays.list({ limit: 100 })
      return context.json({ replays: replays.map(shown) }, 200)
    })
    .openapi(getReplay, async (context) => {
      const { id } = context.req.valid('param')
      const found = await store.in(context.get('workspace')).replays.get(id)
      if (found === undefined) throw unknown(id)
      return context.json(shown(found), 200)
    })
    .openapi(cancelReplay, async (context) => {
      const { id } = context.req.valid('param')
      const { replays } = store.in(context.get('workspace'))
      if (!(await replays.end(id, 'cancelled'))) {
        if ((await replays.get(id)) === undefined) throw unknown(id)
        throw Conflict.create({ problem: 'the replay runs no more' })
      }
      return context.json({ id, cancelled: true as const }, 200)
    })
}
