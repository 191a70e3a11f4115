import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { CountsUnknown } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import type { Platform } from '../platform.ts'
import { problemBody, responses, security } from '../schemas/respond.ts'

const counts = {
  received: z.int(),
  stored: z.int(),
  duplicate: z.int(),
  failed: z.int().openapi({ description: 'Open, discarded or on their way once more.' }),
  dropped: z.int().openapi({ description: 'Consent forbids to keep them, or a transformation drops them.' }),
}

const conservation = createRoute({
  method: 'get',
  path: '/v1/conservation',
  tags: ['Operations'],
  summary: 'received = stored + duplicate + failed + dropped + inLog, of this process, at this instant',
  security,
  responses: {
    ...responses(
      z.object({
        process: z.object({ ...counts, inLog: z.int() }).openapi({ description: 'The event log of this process, since it was made.' }),
        all: z
          .object(counts)
          .openapi({ description: 'Every event log that was ever written into these stores, without what waits in one.' }),
      }),
      'The counts.',
    ),
    503: problemBody('What the event log of this process holds is not counted yet.'),
  },
})

export function conservationRoutes({ ingest, store }: Platform) {
  return new OpenAPIHono<ApiEnvironment>().openapi(conservation, async (context) => {
    const all = await store.ingest.counters()
    const { received, stored, duplicate, failed, dropped, inLog, isKnown } = await ingest.measure()
    if (!isKnown) throw CountsUnknown.create({})
    return context.json({ process: { received, stored, duplicate, failed, dropped, inLog }, all: { ...all } }, 200)
  })
}
