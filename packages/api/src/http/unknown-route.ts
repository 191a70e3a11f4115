import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { MethodNotAllowed, RouteUnknown } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { ApiEnvironment } from './environment.ts'

/** What is served: by the API itself, and by the sources of the edition. */
export interface Served {
  readonly app: Pick<OpenAPIHono<ApiEnvironment>, 'router'>
  readonly ingest: Pick<Platform['ingest'], 'methodsAt'>
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** What no route serves is refused before anything else is asked of it, such as a body. */
export function refuseUnknownRoute(served: Served): MiddlewareHandler<ApiEnvironment> {
  return async (context, next) => {
    if (!matchedRoutes(context).some(isRoute)) throw unknownRoute(served, context)
    await next()
  }
}

/** Why nothing answers: the path has other methods, which `Allow` names, or nothing is there. */
export function unknownRoute({ app, ingest }: Served, context: Context<ApiEnvironment>) {
  const { method, path } = context.req
  const ofSources = ingest.methodsAt(path)
  const allowed = METHODS.filter(
    (other) => ofSources.includes(other) || app.router.match(other, path)[0].some(([[, route]]) => isRoute(route)),
  ).flatMap((other) => (other === 'GET' ? ['GET', 'HEAD'] : [other]))
  // A route of this method said itself that it has no such thing.
  if (allowed.length === 0 || allowed.includes(method)) return RouteUnknown.create({ method, path })
  context.header('allow', allowed.join(', '))
  return MethodNotAllowed.create({ method, path })
}

/** Routes are of a method. What is for all of them stands before routes, and answers nothing by itself. */
const isRoute = ({ method }: { readonly method: string }): boolean => method !== 'ALL'
