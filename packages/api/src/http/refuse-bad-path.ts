import type { MiddlewareHandler } from 'hono'
import { RequestInvalid } from '../errors.ts'
import type { ApiEnvironment } from './environment.ts'
import { isStorable } from './json-body.ts'

/** A path or query that is no UTF-8 text, or has what no store can keep, is an error of the request and not of ours. */
export const refuseBadPath: MiddlewareHandler<ApiEnvironment> = async (context, next) => {
  const { pathname, search } = new URL(context.req.url)
  if (!isText(pathname)) throw RequestInvalid.create({ errors: [{ path: 'path', message: 'is not percent-encoded UTF-8 without NUL' }] })
  if (!isText(search.replaceAll('+', ' ')))
    throw RequestInvalid.create({ errors: [{ path: 'query', message: 'is not percent-encoded UTF-8 without NUL' }] })
  await next()
}

function isText(encoded: string): boolean {
  try {
    return isStorable(decodeURIComponent(encoded))
  } catch {
    // A malformed escape is the expected answer to "is it text?".
    return false
  }
}
