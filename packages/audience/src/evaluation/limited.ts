import { TooSlow } from '../errors.ts'

/** Leaves work alone that takes longer, whether it listens to its signal or not. Rejects with the reason of whatever ended it, `TENON_AUDIENCE_TOO_SLOW` for its limit. */
export async function limited<T>(request: {
  readonly what: string
  readonly limitMs: number
  readonly signal: AbortSignal
  run(signal: AbortSignal): Promise<T>
}): Promise<T> {
  const { what, limitMs, signal, run } = request
  signal.throwIfAborted()
  const over = new AbortController()
  const ended = AbortSignal.any([signal, over.signal])
  const timer = setTimeout(() => over.abort(TooSlow.create({ what, limitMs })), limitMs)
  const { promise: cut, reject } = Promise.withResolvers<never>()
  const cutShort = () => reject(ended.reason)
  ended.addEventListener('abort', cutShort, { once: true })
  try {
    return await Promise.race([run(ended), cut])
  } finally {
    clearTimeout(timer)
    ended.removeEventListener('abort', cutShort)
  }
}
