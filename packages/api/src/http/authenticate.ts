import type { MiddlewareHandler } from 'hono'
import { Unauthorised } from '../errors.ts'
import type { ApiEnvironment } from './environment.ts'
import { isStorable } from './json-body.ts'
import type { createKeyCache } from './key-cache.ts'

/** Lets requests with a valid API key pass and binds them to its workspace. Write keys are told why they do not fit. */
export function authenticate(keys: ReturnType<typeof createKeyCache>): MiddlewareHandler<ApiEnvironment> {
  return async (context, next) => {
    const header = context.req.header('authorization')
    if (header === undefined) throw Unauthorised.create({ problem: 'the Authorization header is missing' })
    const secret = /^Bearer\s+(\S{1,512})$/i.exec(header)?.[1]
    if (secret === undefined || !isStorable(secret))
      throw Unauthorised.create({ problem: 'the Authorization header is not `Bearer <API key>`' })
    const key = await keys.find(secret)
    if (key === undefined) throw Unauthorised.create({ problem: 'the API key is unknown or revoked' })
    if (key.kind !== 'api') throw Unauthorised.create({ problem: 'this is a write key; it sends events and reads nothing' })
    context.set('workspace', key.workspace)
    context.set('actor', `api-key:${key.id}`)
    await next()
  }
}
