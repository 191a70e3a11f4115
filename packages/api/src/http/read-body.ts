import type { MiddlewareHandler } from 'hono'
import { MediaTypeUnsupported } from '../errors.ts'
import { boundedBytes } from './bounded-bytes.ts'
import type { ApiEnvironment } from './environment.ts'
import { parseJsonBody } from './json-body.ts'

const bodyMethods = new Set(['POST', 'PUT', 'PATCH'])

/** Reads and checks the body before any validation: bounded, UTF-8, JSON, of sane depth. */
export function readBody(limitBytes: number): MiddlewareHandler<ApiEnvironment> {
  return async (context, next) => {
    if (!bodyMethods.has(context.req.method)) return next()
    const mediaType = context.req.header('content-type') ?? ''
    if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(mediaType)) throw MediaTypeUnsupported.create({ mediaType })
    const bytes = await boundedBytes(context.req.raw, limitBytes)
    const value = parseJsonBody(bytes)
    // The validators read the body again; they get what was checked.
    context.req.bodyCache.json = Promise.resolve(value)
    return next()
  }
}
