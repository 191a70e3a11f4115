import { errorCode } from '@tenon/kernel'
import type { CallContext, Channel, Delivery, OutboundMessage } from '@tenon/kernel/contracts'
import { PluginCircuitOpen } from '@tenon/kernel/runtime'

export type ChannelCall =
  /** There is a delivery for each message that was given. */
  | { readonly ok: true; delivery(id: string): Delivery }
  /** The channel is broken. Whether something was sent is not known. */
  | { readonly ok: false; readonly code: string; readonly retryAfterMs: number }

/** A call that is given up may still say what it knows. */
const GRACE_MS = 1_000

/**
 * One call with a limit of its own: a channel that hangs holds its own messages up and nobody else's, also one that does
 * not listen to its signal.
 */
export async function callChannel(
  channel: Channel,
  messages: readonly OutboundMessage[],
  context: CallContext,
  limitMs: number,
): Promise<ChannelCall> {
  const limit = new AbortController()
  const signal = AbortSignal.any([context.signal, limit.signal])
  const timers = [setTimeout(() => limit.abort(), limitMs)]
  const late = new Promise<'late'>((resolve) => {
    const wait = (): void => void timers.push(setTimeout(resolve, GRACE_MS, 'late'))
    if (signal.aborted) wait()
    else signal.addEventListener('abort', wait, { once: true })
  })
  try {
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
    for (const timer of timers) clearTimeout(timer)
  }
}
