import { errorCode } from '@tenon/kernel'
import type { CallContext, Channel, Delivery, OutboundMessage } from '@tenon/kernel/contracts'
import { PluginCircuitOpen } from '@tenon/kernel/runtime'

export type ChannelCall =
  /** There is a delivery for each message that was given. */
  | { readonly ok: true; delivery(id: string): Delivery }
  /** The channel is broken. Whether something was sent is not known. */
  | { readonly ok: false; readonly code: string; readonly retryAfterMs: number }

/** One call with a limit of its own: a channel that hangs holds its own messages up and nobody else's. */
export async function callChannel(
  channel: Channel,
  messages: readonly OutboundMessage[],
  context: CallContext,
  limitMs: number,
): Promise<ChannelCall> {
  const limit = new AbortController()
  const late = new Promise<'late'>((resolve) => {
    limit.signal.addEventListener('abort', () => resolve('late'), { once: true })
  })
  const timer = setTimeout(() => limit.abort(), limitMs)
  try {
    const signal = AbortSignal.any([context.signal, limit.signal])
    const answer = await Promise.race([channel.send({ messages }, { ...context, signal }), late])
    if (answer === 'late') return { ok: false, code: 'TIMEOUT', retryAfterMs: 0 }
    const deliveries = new Map(answer.map((delivery) => [delivery.id, delivery]))
    const delivery = (id: string): Delivery => deliveries.get(id) ?? { id, status: 'deferred', retryAfterMs: 0, detail: 'no answer' }
    return answer.length === messages.length && messages.every(({ id }, index) => answer[index]?.id === id)
      ? { ok: true, delivery }
      : { ok: false, code: 'CONTRACT_VIOLATION', retryAfterMs: 0 }
  } catch (error) {
    const retryAfterMs = PluginCircuitOpen.is(error) ? error.details.retryAfterMs : 0
    return { ok: false, code: errorCode(error) ?? (error instanceof Error ? error.name : 'THROWN'), retryAfterMs }
  } finally {
    clearTimeout(timer)
  }
}
