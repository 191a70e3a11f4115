import type { Meter, MetricSpec } from '@tenon/kernel/contracts'
import { createMiddleware } from 'hono/factory'
import { matchedRoutes } from 'hono/route'
import type { ApiEnvironment } from './environment.ts'

const requests: MetricSpec<'method' | 'route' | 'status'> = Object.freeze({
  name: 'tenon_http_request_seconds',
  kind: 'histogram',
  help: 'Time of requests by the pattern of their path and the class of the answer.',
  labels: ['method', 'route', 'status'],
} as const)

/** What the API itself measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([requests])

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** By patterns and never by paths: those hold identifiers, and there is no end of them. */
export const measureRequests = (meter: Meter) =>
  createMiddleware<ApiEnvironment>(async (context, next) => {
    const begun = performance.now()
    await next()
    const own = matchedRoutes(context).findLast(({ path }) => !path.includes('*'))
    const { method } = context.req
    meter.observe(
      requests,
      {
        method: METHODS.has(method) ? method : 'other',
        route: own?.path ?? (context.res.status === 404 || context.res.status === 405 ? 'unknown' : 'tracking'),
        status: `${Math.floor(context.res.status / 100)}xx`,
      },
      (performance.now() - begun) / 1_000,
    )
  })
