import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { Conflict } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { plain, properties } from '../schemas/common.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { shownWindow, shownWindowOf, windowFields, windowOf } from '../schemas/window.ts'
import { inferFromTraffic } from './infer-from-traffic.ts'

const counts = z.record(z.string(), z.int())

const field = z.object({
  field: z.string().openapi({ example: 'properties.products[].price' }),
  seen: z.int(),
  share: z.number().openapi({ description: 'Of what holds it: 1 where it is always there.' }),
  types: counts,
  formats: counts,
})

const inferred = z
  .object({
    plan: properties.openapi({ description: 'As `PUT /v1/tracking-plans/{key}` takes it.' }),
    window: shownWindow,
    sampled: z.int(),
    complete: z.boolean().openapi({ description: 'False where the sample was cut, for the events are large.' }),
    events: z.array(
      z.object({
        type: z.string(),
        name: z.string().optional(),
        version: z.int(),
        traffic: z.int().openapi({ description: 'Of the name, in the window; all versions.' }),
        sampled: z.int(),
        fields: z.array(field),
        otherFields: z.int(),
      }),
    ),
    leftOut: z
      .object({ names: z.int(), unplanned: z.int(), oversized: z.int(), versions: z.int() })
      .openapi({ description: 'What the draft says nothing of: names beyond those asked for, and events of the sample.' }),
  })
  .openapi('InferredTrackingPlan')

const inferPlan = createRoute({
  tags: ['Tracking plans'],
  security,
  method: 'post',
  path: '/v1/tracking-plans/infer',
  summary: 'A draft of a tracking plan out of stored events; nothing is stored',
  request: {
    body: body(
      z.strictObject({
        ...windowFields,
        source: optional(z.string().min(1).max(200)).openapi({ description: 'The plan is for this source alone.' }),
        names: z.int().min(1).max(200).default(100).openapi({ description: 'So many names of events, the most frequent.' }),
        perName: z.int().min(1).max(5_000).default(500).openapi({ description: 'A sample of so many events of each; 20,000 in all.' }),
        tolerance: z.number().min(0).max(0.2).default(0).openapi({ description: 'The share of the sample that may break the draft.' }),
      }),
    ),
  },
  responses: responses(
    inferred,
    'The draft, and what it was learned from: no value that people sent, but for lists of a few words that many of them share.',
  ),
})

export function inferPlanRoutes({ analytics, clock }: Platform) {
  // A draft takes up to a few hundred megabytes: one after the other.
  let isBusy = false
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid }).openapi(inferPlan, async (context) => {
    const { from, until, ...request } = context.req.valid('json')
    const given = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }
    const window = windowOf(given, 'body', clock.now())
    if (isBusy) throw Conflict.create({ problem: 'another draft is being made: try again in a moment' })
    isBusy = true
    try {
      const { plan, events, leftOut, otherNames, ...rest } = await inferFromTraffic(analytics.in(context.get('workspace')), {
        ...request,
        ...window,
      })
      return context.json(
        {
          ...{ plan: plain(plan), window: shownWindowOf(window), ...rest, leftOut: { names: otherNames, ...leftOut } },
          events: events.map(({ fields, ...event }) => ({
            ...event,
            fields: fields.map((each) => ({ ...each, types: { ...each.types }, formats: { ...each.formats } })),
          })),
        },
        200,
      )
    } finally {
      isBusy = false
    }
  })
}
