import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { NotDone } from '@tenon/ingest'
import { Conflict, NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { json, next, paging } from '../schemas/common.ts'
import {
  failedEvent,
  failedEventInFull,
  failedFilter,
  failedQuery,
  failedState,
  shownFailedEvent,
  toFilter,
} from '../schemas/failed-event.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'

const common = { tags: ['Failed events'], security }
const idParam = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) })

const listFailedEvents = createRoute({
  ...common,
  method: 'get',
  path: '/v1/failed-events',
  summary: 'What was refused, where and why, newest first',
  request: {
    query: failedQuery.extend({
      ...paging.shape,
      state: z
        .union([failedState, z.literal('all')])
        .default('open')
        .openapi({ param: { name: 'state', in: 'query' } }),
    }),
  },
  responses: responses(z.object({ failedEvents: z.array(failedEvent), next }), 'One page.'),
})

const group = z.object({
  state: failedState,
  stage: z.string(),
  code: z.string(),
  events: z.int(),
  firstAt: z.string(),
  lastAt: z.string(),
})

const countFailedEvents = createRoute({
  ...common,
  method: 'get',
  path: '/v1/failed-events/counts',
  summary: 'How many were refused, by state, station and code',
  request: { query: failedQuery },
  responses: responses(z.object({ counts: z.array(group) }), 'The most frequent first.'),
})

const getFailedEvent = createRoute({
  ...common,
  method: 'get',
  path: '/v1/failed-events/{id}',
  summary: 'One failed event and all that happened to it',
  request: { params: idParam },
  responses: responses(failedEventInFull, 'The failed event.'),
})

const correctFailedEvent = createRoute({
  ...common,
  method: 'put',
  path: '/v1/failed-events/{id}',
  summary: 'Put a corrected payload beside the original; replay it afterwards',
  request: {
    params: idParam,
    body: body(
      z.strictObject({
        payload: json.openapi({ description: 'JSON, or the text of it.' }),
        format: optional(z.enum(['source', 'event'])),
      }),
    ),
  },
  responses: responses(failedEvent, 'The failed event as it is now.'),
})

const replayFailedEvent = createRoute({
  ...common,
  method: 'post',
  path: '/v1/failed-events/{id}/replay',
  summary: 'Send one through everything once more; asked for twice, an attempt is made once',
  request: { params: idParam, body: body(z.strictObject({})) },
  responses: responses(z.object({ id: z.string(), attempt: z.int() }), 'It is on its way.'),
})

const discardFailedEvent = createRoute({
  ...common,
  method: 'delete',
  path: '/v1/failed-events/{id}',
  summary: 'Give one up',
  request: { params: idParam },
  responses: responses(z.object({ id: z.string(), discarded: z.literal(true) }), 'It is discarded.'),
})

const discardFailedEvents = createRoute({
  ...common,
  method: 'post',
  path: '/v1/failed-events/discard',
  summary: 'Give up all that a filter selects',
  request: { body: body(z.strictObject({ filter: failedFilter })) },
  responses: responses(z.object({ discarded: z.int() }), 'How many there were.'),
})

const LONGEST_PAYLOAD = 256 * 1024

const PROBLEMS: Readonly<Record<Exclude<NotDone, 'unknown'>, string>> = Object.freeze({
  settled: 'the failed event is settled: it is not open any more',
  empty: 'nothing is kept of what this event said',
  cut: 'the payload was cut, so it is not what came: correct it first',
})

export function failedEventRoutes({ analytics, failedEvents }: Platform) {
  const settle = (not: NotDone, id: string): never => {
    if (not === 'unknown') throw NotFound.create({ what: 'failed event', name: id })
    throw Conflict.create({ problem: PROBLEMS[not] })
  }

  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(listFailedEvents, async (context) => {
      const { limit, cursor, state, ...filter } = context.req.valid('query')
      const page = await analytics.in(context.get('workspace')).failedEvents({
        ...toFilter(filter),
        limit,
        ...(cursor === undefined ? {} : { cursor }),
        ...(state === 'all' ? {} : { state }),
      })
      return context.json({ failedEvents: page.rows.map(shownFailedEvent), next: page.next ?? null }, 200)
    })
    .openapi(countFailedEvents, async (context) => {
      const groups = await analytics.in(context.get('workspace')).countFailedEvents(toFilter(context.req.valid('query')))
      const counts = groups.map(({ firstAt, lastAt, ...rest }) => ({
        ...rest,
        firstAt: firstAt.toISOString(),
        lastAt: lastAt.toISOString(),
      }))
      return context.json({ counts }, 200)
    })
    .openapi(discardFailedEvents, async (context) => {
      const filter = toFilter(context.req.valid('json').filter)
      const discarded = await failedEvents.discardAll({ workspace: context.get('workspace'), filter, actor: context.get('actor') })
      return context.json({ discarded }, 200)
    })
    .openapi(getFailedEvent, async (context) => {
      const { id } = context.req.valid('param')
      const history = await analytics.in(context.get('workspace')).failedEvent(id)
      const [last] = history
      if (last === undefined) return settle('unknown', id)
      const told = history.map((each) => {
        const { id: _, source: __, receivedAt: ___, messageId: ____, ...rest } = shownFailedEvent(each)
        return rest
      })
      return context.json({ ...shownFailedEvent(last), original: history.at(-1)?.payload ?? '', history: told }, 200)
    })
    .openapi(correctFailedEvent, async (context) => {
      const { id } = context.req.valid('param')
      const { payload: given, format } = context.req.valid('json')
      const payload = typeof given === 'string' ? given : JSON.stringify(given)
      if (payload.length > LONGEST_PAYLOAD || payload === '')
        throw Conflict.create({ problem: `a payload has 1 to ${LONGEST_PAYLOAD} characters` })
      const change = { payload, actor: context.get('actor'), ...(format === undefined ? {} : { format }) }
      const outcome = await failedEvents.correct({ workspace: context.get('workspace'), id, ...change })
      return 'not' in outcome ? settle(outcome.not, id) : context.json(shownFailedEvent(outcome.event), 200)
    })
    .openapi(replayFailedEvent, async (context) => {
      const { id } = context.req.valid('param')
      const outcome = await failedEvents.replay({ workspace: context.get('workspace'), id })
      if ('attempt' in outcome) return context.json({ id, attempt: outcome.attempt }, 200)
      if (outcome.not === 'busy') throw Conflict.create({ problem: 'the event log is full: try again later' })
      return settle(outcome.not, id)
    })
    .openapi(discardFailedEvent, async (context) => {
      const { id } = context.req.valid('param')
      const { not } = await failedEvents.discard({ workspace: context.get('workspace'), id, actor: context.get('actor') })
      return not === undefined ? context.json({ id, discarded: true as const }, 200) : settle(not, id)
    })
}
