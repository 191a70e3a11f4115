import type { Hook } from '@hono/zod-openapi'
import { RequestInvalid } from '../errors.ts'
import type { ApiEnvironment } from './environment.ts'

const places = { json: 'body', param: 'path', query: 'query', header: 'header', form: 'body', cookie: 'cookie' } as const

/** Names every field that does not fit, with its place in the request. */
export const onInvalid: Hook<unknown, ApiEnvironment, string, unknown> = (result) => {
  if (result.success) return
  const place = places[result.target]
  throw RequestInvalid.create({
    errors: result.error.issues.map(({ path, message }) => ({
      path: path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`), place),
      message,
    })),
  })
}
