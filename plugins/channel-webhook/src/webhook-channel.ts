import { createHash } from 'node:crypto'
import type { CallContext, Channel, Delivery, OutboundMessage } from '@tenon/kernel/contracts'
import type { WebhookConfig } from './config.ts'
import { content } from './content.ts'
import { outcomeOf } from './outcome.ts'
import { createPoster } from './post.ts'
import { isForbidden, type Resolve, urlProblem } from './reachable.ts'
import { readReceipts } from './receipts.ts'
import { sign } from './signature.ts'

export interface WebhookChannel {
  readonly channel: Channel
  close(): void
}

/** One signed POST for each message, as Standard Webhooks describes it. */
export function createWebhookChannel(config: WebhookConfig, resolve?: Resolve): WebhookChannel {
  const poster = createPoster(config, config.concurrency, resolve)
  const secrets = [config.secret, ...(config.previousSecret === undefined ? [] : [config.previousSecret])]

  async function deliver(message: OutboundMessage, context: CallContext): Promise<Delivery> {
    const { id } = message
    const { now, signal } = context
    const later = (retryAfterMs: number, detail: string): Delivery => ({ id, status: 'deferred', retryAfterMs, detail })
    if (signal.aborted) return later(0, 'not begun: the call was given up')
    const url = config.url ?? message.to
    const problem = urlProblem(url, config)
    if (problem !== undefined) return { id, status: 'rejected', ...problem }
    const body = JSON.stringify(payloadOf(message, now))
    const timestamp = Math.floor(now.getTime() / 1_000)
    const webhookId = headerId(id)
    try {
      const answer = await poster.post({
        url,
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeoutMs)]),
        headers: {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'Tenon-Webhook/1',
          'webhook-id': webhookId,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': secrets.map((secret) => sign({ id: webhookId, timestamp, body }, secret)).join(' '),
          'idempotency-key': webhookId,
        },
      })
      return outcomeOf(id, answer, { now, retryAfterMs: config.retryAfterMs })
    } catch (error) {
      if (isForbidden(error))
        return { id, status: 'rejected', reason: 'policy', detail: 'the address belongs to a network that is not allowed' }
      return later(config.retryAfterMs, troubleOf(error))
    }
  }

  return {
    channel: Object.freeze<Channel>({
      medium: 'webhook',
      address: config.address,
      content,
      limits: config.limits,
      send: ({ messages }, context) => inTurn(messages, config.concurrency, (message) => deliver(message, context)),
      receipts: (request, context) => readReceipts(request, context, secrets),
    }),
    close: poster.close,
  }
}

const payloadOf = ({ id, to, content: data, locale, unsubscribe }: OutboundMessage, now: Date): object => ({
  type: 'message',
  timestamp: now.toISOString(),
  data: { id, to, content: data, ...(locale === undefined ? {} : { locale }), ...(unsubscribe === undefined ? {} : { unsubscribe }) },
})

/** The id itself where it can stand in a header. */
const headerId = (id: string): string => (/^[\x21-\x7e]{1,128}$/.test(id) ? id : createHash('sha256').update(id).digest('hex'))

const troubleOf = (error: unknown): string => {
  const { code } = typeof error === 'object' && error !== null && 'code' in error ? error : { code: undefined }
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'failed'
}

/** At most `width` at a time, begun in order, answers in order. */
async function inTurn<T, R>(items: readonly T[], width: number, run: (item: T) => Promise<R>): Promise<readonly R[]> {
  const answers: R[] = []
  const queue = items.entries()
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) answers[index] = await run(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
  return answers
}
