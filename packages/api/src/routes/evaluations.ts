import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { body, responses, security } from '../schemas/respond.ts'

const evaluate = createRoute({
  method: 'post',
  path: '/v1/evaluations',
  tags: ['Operations'],
  summary: 'Compute all tags and segments for everybody now; with `train`, fit models, train recommenders and match people anew',
  security,
  request: { body: body(z.strictObject({ train: z.boolean().default(false) })) },
  responses: responses(
    z.object({
      asOf: z.string(),
      definitions: z.int(),
      changedTagValues: z.int(),
      entered: z.int(),
      left: z.int(),
      trained: z.array(z.object({ recommender: z.string(), outcome: z.string() })),
      matched: z.array(z.object({ matcher: z.string(), outcome: z.string(), proposed: z.int().optional(), merged: z.int().optional() })),
    }),
    'What changed.',
  ),
})

export function evaluationRoutes({ audience, recommendations, matching, ingest }: Platform) {
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid }).openapi(evaluate, async (context) => {
    const workspace = context.get('workspace')
    await ingest.idle()
    const { train } = context.req.valid('json')
    const report = await audience.evaluate({ workspace, refit: train })
    const trained = train ? await recommendations.train({ workspace }) : []
    const matched = train ? await matching.run({ workspace, everything: true, signal: context.req.raw.signal }) : []
    const sum = (side: 'entered' | 'left') => report.transitions.reduce((total, transition) => total + transition[side].length, 0)
    return context.json(
      {
        asOf: report.asOf.toISOString(),
        definitions: report.definitions,
        changedTagValues: report.changedTagValues,
        entered: sum('entered'),
        left: sum('left'),
        trained: trained.map(({ recommender, outcome }) => ({ recommender, outcome })),
        matched: matched.map(({ matcher, outcome, proposed, merged }) => ({
          ...{ matcher, outcome },
          ...(proposed === undefined ? {} : { proposed }),
          ...(merged === undefined ? {} : { merged }),
        })),
      },
      200,
    )
  })
}
