import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { BreachLine } from '@tenon/analytics'
import { violationKinds } from '@tenon/plans'
import { NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { keyParam, next, paging } from '../schemas/common.ts'
import { optional } from '../schemas/optional.ts'
import { responses, security } from '../schemas/respond.ts'
import { shownWindow, shownWindowOf, windowFields, windowOf } from '../schemas/window.ts'

const counts = {
  events: z.int().openapi({ description: 'How many events: those that are stored, open or discarded.' }),
  stored: z.int().openapi({ description: 'Stored as they are, or with a note.' }),
  open: z.int().openapi({ description: 'Held back as open failed events.' }),
  discarded: z.int().openapi({ description: 'Held back and given up.' }),
  replayed: z.int().openapi({ description: 'Held back and let through since; not part of `events`.' }),
}

const line = z
  .object({
    source: z.string(),
    type: z.string(),
    event: z.string(),
    eventVersion: z.int().openapi({ description: '0 where the plan does not have it.' }),
    version: z.int().openapi({ description: 'Of the plan.' }),
    kind: z.string(),
    rule: z.string().openapi({ description: 'The keyword of JSON Schema, or `unplanned-…`.' }),
    field: z.string().openapi({ example: 'properties.products[].price' }),
    expected: z.string(),
    actual: z.array(z.string()).openapi({ description: 'The types that were there instead.' }),
    mode: z.string(),
    ...counts,
    traffic: z.int().openapi({ description: 'All events of this name and source in the window.' }),
    share: z.number(),
    days: z.array(z.object({ day: z.string(), events: z.int() })).openapi({ description: 'By the day of receipt, in UTC.' }),
    firstAt: z.string(),
    lastAt: z.string(),
    samples: z
      .array(z.object({ messageId: z.string(), failedEvent: z.string().optional() }))
      .openapi({ description: 'The newest; `failedEvent` is the id of the failed event where one is held back.' }),
  })
  .openapi('PlanViolation')

const report = createRoute({
  tags: ['Tracking plans'],
  security,
  method: 'get',
  path: '/v1/tracking-plans/{key}/violations',
  summary: 'What breaks a tracking plan: how often, where, since when',
  request: {
    params: keyParam,
    query: paging.extend({
      ...windowFields,
      source: optional(z.string().min(1).max(200)),
      event: optional(z.string().min(1).max(512)).openapi({ description: 'The name of the event.' }),
      version: optional(z.coerce.number().int().min(1).max(1_000_000)).openapi({ description: 'Of the plan.' }),
      kind: optional(z.enum(violationKinds)),
      rule: optional(z.string().min(1).max(100)),
      field: optional(z.string().min(1).max(400)),
    }),
  },
  responses: responses(
    z.object({
      window: shownWindow,
      counts: z.object(counts).openapi({ description: 'Over all lines: an event counts once, whatever it breaks.' }),
      violations: z.array(line),
      next,
    }),
    'The violations, the most frequent first.',
  ),
})

export function planViolationRoutes({ analytics, plans, clock }: Platform) {
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid }).openapi(report, async (context) => {
    const { key } = context.req.valid('param')
    const { limit, cursor, from, until, version, field, ...filter } = context.req.valid('query')
    const given = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }
    const asked = windowOf(given, 'query', clock.now())
    if ((await plans.versions(context.get('workspace'), key)).length === 0) throw NotFound.create({ what: 'tracking plan', name: key })
    const read = analytics.in(context.get('workspace'))
    const which = {
      ...{ ...filter, plan: key },
      ...(version === undefined ? {} : { planVersion: version }),
      ...(field === undefined ? {} : { path: field }),
    }
    const page = await read.breaches({ ...which, ...asked, limit, ...(cursor === undefined ? {} : { cursor }) })
    const window = { from: page.from, until: page.until }
    const all = await read.countBreaches({ ...which, ...window })
    return context.json({ window: shownWindowOf(window), counts: all, violations: page.rows.map(shown), next: page.next ?? null }, 200)
  })
}

const shown = ({ planVersion, path, traffic, firstAt, lastAt, samples, actual, days, ...rest }: BreachLine): z.infer<typeof line> => ({
  ...rest,
  ...{ version: planVersion, field: path, actual: [...actual], days: [...days], traffic },
  share: rest.events / Math.max(1, traffic),
  ...{ firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() },
  samples: samples.map(({ messageId, failed }) => ({ messageId, ...(failed === undefined ? {} : { failedEvent: failed }) })),
})
