import type { MiddlewareHandler } from 'hono'
import { BodyTooLarge, MediaTypeUnsupported } from '../errors.ts'
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

async function boundedBytes(request: Request, limitBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > limitBytes) throw BodyTooLarge.create({ limitBytes })
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > limitBytes) throw BodyTooLarge.create({ limitBytes })
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}
