import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { body, responses, security } from '../schemas/respond.ts'

const evaluate = createRoute({
  method: 'post',
  path: '/v1/evaluations',
  tags: ['Operations'],
  summary: 'Compute all tags and segments for everybody now; with `train`, fit models and train recommenders anew',
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
    }),
    'What changed.',
  ),
})

export function evaluationRoutes({ audience, recommendations, ingest }: Platform) {
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid }).openapi(evaluate, async (context) => {
    const workspace = context.get('workspace')
    await ingest.idle()
    const { train } = context.req.valid('json')
    const report = await audience.evaluate({ workspace, refit: train })
    const trained = train ? await recommendations.train({ workspace }) : []
    const sum = (side: 'entered' | 'left') => report.transitions.reduce((total, transition) => total + transition[side].length, 0)
    return context.json(
      {
        asOf: report.asOf.toISOString(),
        definitions: report.definitions,
        changedTagValues: report.changedTagValues,
        entered: sum('entered'),
        left: sum('left'),
        trained: trained.map(({ recommender, outcome }) => ({ recommender, outcome })),
      },
      200,
    )
  })
}
