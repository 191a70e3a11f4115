import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { MethodNotAllowed, RouteUnknown } from '../errors.ts'
import type { ApiEnvironment } from './environment.ts'

type Routes = Pick<OpenAPIHono<ApiEnvironment>, 'router'>

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** What no route serves is refused before anything else is asked of it, such as a body. */
export function refuseUnknownRoute(app: Routes): MiddlewareHandler<ApiEnvironment> {
  return async (context, next) => {
    if (!matchedRoutes(context).some(isRoute)) throw unknownRoute(app, context)
    await next()
  }
}

/** Why nothing answers: the path has other methods, which `Allow` names, or is none at all. */
export function unknownRoute(app: Routes, context: Context<ApiEnvironment>) {
  const { method, path } = context.req
  const allowed = METHODS.filter((other) => app.router.match(other, path)[0].some(([[, route]]) => isRoute(route)))
  if (allowed.length === 0) return RouteUnknown.create({ method, path })
  context.header('allow', allowed.join(', '))
  return MethodNotAllowed.create({ method, path })
}

/** Not one of those that stand before all of them. */
const isRoute = ({ method }: { readonly method: string }): boolean => method !== 'ALL'
