import { randomUUID } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import { routePath } from 'hono/route'
import { authenticate } from './http/authenticate.ts'
import type { ApiEnvironment } from './http/environment.ts'
import { createKeyCache } from './http/key-cache.ts'
import { measureRequests } from './http/measure-requests.ts'
import { nameRequest } from './http/name-request.ts'
import { answerProblem, type ErrorDescription, problemOf } from './http/problem.ts'
import { readBody } from './http/read-body.ts'
import { refuseBadPath } from './http/refuse-bad-path.ts'
import { refuseUnknownQuery } from './http/refuse-unknown-query.ts'
import { refuseUnknownRoute, type Served, unknownRoute } from './http/unknown-route.ts'
import type { Platform } from './platform.ts'
import { accountRoutes } from './routes/accounts.ts'
import { benefitRoutes } from './routes/benefits.ts'
import { conservationRoutes } from './routes/conservation.ts'
import { docsRoutes } from './routes/docs.ts'
import { evaluationRoutes } from './routes/evaluations.ts'
import { failedEventRoutes } from './routes/failed-events.ts'
import { identityRoutes } from './routes/identity.ts'
import { importFileRoutes } from './routes/import-files.ts'
import { importRoutes } from './routes/imports.ts'
import { inferPlanRoutes } from './routes/infer-plan.ts'
import { itemRoutes } from './routes/items.ts'
import { matchRoutes } from './routes/matches.ts'
import { messageRoutes } from './routes/messages.ts'
import { planViolationRoutes } from './routes/plan-violations.ts'
import { pluginRoutes } from './routes/plugins.ts'
import { profileRoutes } from './routes/profiles.ts'
import { publicRoutes } from './routes/public.ts'
import { recommendationRoutes } from './routes/recommendations.ts'
import { replayRoutes } from './routes/replays.ts'
import { segmentRoutes } from './routes/segments.ts'
import { systemRoutes } from './routes/system.ts'
import { tagRoutes } from './routes/tags.ts'
import { describeTracking } from './routes/tracking.ts'
import { trackingPlanRoutes } from './routes/tracking-plans.ts'

export interface ApiOptions {
  /** Every kind of coded error that may reach a client. */
  readonly errors: readonly ErrorDescription[]
  /** The largest body of a management route; 4 MiB by default. Tracking routes have the limits of ingest. */
  readonly bodyLimitBytes?: number
}

/** The HTTP API over the stations. A plain fetch handler: no port is opened here. */
export function createApi(platform: Platform, options: ApiOptions) {
  const { ingest, kernel, logger, store, clock } = platform
  const registry = new Map(options.errors.map((kind) => [kind.code, kind]))
  const keys = createKeyCache({ keys: store.keys, clock })

  const app = new OpenAPIHono<ApiEnvironment>()
  const served: Served = { app, ingest }
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', { type: 'http', scheme: 'bearer', description: 'An API key.' })
  app.openAPIRegistry.registerComponent('securitySchemes', 'writeKey', {
    type: 'http',
    scheme: 'basic',
    description: 'A write key as the user name, without a password.',
  })

  app.use(async (context, next) => {
    const requestId = context.req.header('x-request-id')?.match(/^[\w.-]{1,100}$/)?.[0] ?? randomUUID()
    context.set('requestId', requestId)
    context.set('logger', logger)
    await next()
    nameRequest(context, requestId)
  })
  app.use(measureRequests(platform.meter))
  app.onError((error, context) => {
    const requestId = context.get('requestId')
    const problem = problemOf(error, registry, requestId)
    if (problem.status >= 500) logger.error('a request failed', { requestId, method: context.req.method, route: routePath(context), error })
    if (problem.status === 401) context.header('www-authenticate', 'Bearer')
    return answerProblem(context, problem)
  })
  app.notFound((context) => {
    return answerProblem(context, problemOf(unknownRoute(served, context), registry, context.get('requestId')))
  })
  app.use(refuseBadPath)

  // Tracking routes first: they have protocols, keys and limits of their own.
  app.use(async (context, next) => (await ingest.handle(context.req.raw)) ?? next())
  describeTracking(app, platform)
  app.all(
    '/plugins/:instance/*',
    async (context, next) => (await kernel.routes.get(context.req.param('instance'))?.(context.req.raw)) ?? next(),
  )

  app.use('/v1/*', authenticate(keys))
  app.use('/v1/*', refuseUnknownRoute(served))
  app.route('/', importFileRoutes(platform))
  app.use('/v1/*', refuseUnknownQuery(app))
  app.use('/v1/*', readBody(options.bodyLimitBytes ?? 4 * 1024 * 1024))

  const api = app
    .route('/', systemRoutes(platform))
    .route('/', docsRoutes({ version: platform.version, errors: options.errors }))
    .route('/', publicRoutes(platform))
    .route('/', profileRoutes(platform))
    .route('/', identityRoutes(platform))
    .route('/', matchRoutes(platform))
    .route('/', accountRoutes(platform))
    .route('/', segmentRoutes(platform))
    .route('/', tagRoutes(platform))
    .route('/', itemRoutes(platform))
    .route('/', recommendationRoutes(platform))
    .route('/', benefitRoutes(platform))
    .route('/', messageRoutes(platform))
    .route('/', failedEventRoutes(platform))
    .route('/', replayRoutes(platform))
    .route('/', trackingPlanRoutes(platform))
    .route('/', inferPlanRoutes(platform))
    .route('/', planViolationRoutes(platform))
    .route('/', conservationRoutes(platform))
    .route('/', importRoutes(platform))
    .route('/', pluginRoutes(platform))
    .route('/', evaluationRoutes(platform))
  api.doc31('/openapi.json', openApiHead(platform.version))
  return api
}

const openApiHead = (version: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Tenon',
    version,
    description: 'Customer data platform: events, profiles, segments, recommendations, benefits, messages.',
  },
})

/** For typed clients. */
export type Api = ReturnType<typeof createApi>
