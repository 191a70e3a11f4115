import type { Context } from 'hono'

/**
 * Puts the id of a request on its answer. `context.header` would make a new answer out of the body of this one, as a stream: what is known
 * whole is written at once as long as nobody asks for that.
 */
export function nameRequest(context: Context, requestId: string): void {
  try {
    context.res.headers.set('x-request-id', requestId)
  } catch {
    // Headers of an answer that a plugin got by `fetch` can not be changed.
    context.header('x-request-id', requestId)
  }
}
