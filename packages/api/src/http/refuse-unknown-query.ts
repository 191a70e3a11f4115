import type { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { RequestInvalid } from '../errors.ts'
import type { ApiEnvironment } from './environment.ts'

/**
 * A route that describes no query takes none: a misspelt filter must not answer as if it had been applied. Routes with a query of
 * their own refuse what they do not know by its schema.
 */
export function refuseUnknownQuery(app: Pick<OpenAPIHono<ApiEnvironment>, 'openAPIRegistry'>): MiddlewareHandler<ApiEnvironment> {
  let known: ReadonlySet<string> | undefined
  return async (context, next) => {
    const names = Object.keys(context.req.queries())
    if (names.length === 0) return next()
    known ??= withoutQuery(app)
    const route = matchedRoutes(context).find(({ method }) => method !== 'ALL')
    if (route === undefined || !known.has(nameOf(route))) return next()
    const errors = names.map((name) => ({ path: 'query', message: `Unrecognized key: ${JSON.stringify(name)}; this route takes no query` }))
    throw RequestInvalid.create({ errors })
  }
}

/** Read at the first request that asks: by then every route is there. */
const withoutQuery = ({ openAPIRegistry }: Pick<OpenAPIHono<ApiEnvironment>, 'openAPIRegistry'>): ReadonlySet<string> =>
  new Set(
    openAPIRegistry.definitions.flatMap((each) =>
      each.type === 'route' && each.route.request?.query === undefined ? [nameOf(each.route)] : [],
    ),
  )

/** As Hono writes paths: `GET /v1/segments/:key`. */
const nameOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method.toUpperCase()} ${path.replaceAll(/\{([^}]+)\}/g, ':$1')}`
