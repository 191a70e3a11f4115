import type { Health } from '@tenon/kernel'
import type { CallContext, Channel, Delivery, OutboundMessage } from '@tenon/kernel/contracts'
import { createTransport, type SMTPPoolOptions } from 'nodemailer'
import { compose } from './compose.ts'
import type { SmtpConfig } from './config.ts'
import { content } from './content.ts'
import { refusalOf } from './refusal.ts'

export interface SmtpChannel {
  readonly channel: Channel
  health(): Promise<Health>
  /** Lets running hand-overs finish and closes the connections. */
  close(): void
}

/** E-mail over a pool of SMTP connections, one mail for each message. Connects with the first message. */
export function createSmtpChannel(config: SmtpConfig): SmtpChannel {
  const transport = createTransport(poolOptions(config))

  async function deliver(message: OutboundMessage, { workspace, signal }: CallContext): Promise<Delivery> {
    const { id } = message
    if (signal.aborted) return { id, status: 'deferred', retryAfterMs: 0, detail: 'not begun: the call was given up' }
    const composed = compose(message, workspace, config)
    if (!composed.ok) return { id, status: 'rejected', reason: composed.reason, detail: composed.detail }
    try {
      await transport.sendMail({ ...composed.mail, signal })
      return { id, status: 'accepted', reference: composed.reference }
    } catch (error) {
      return refusalOf(id, error, config.retryAfterMs)
    }
  }

  return {
    channel: Object.freeze<Channel>({
      medium: 'email',
      address: config.address,
      content,
      limits: config.limits,
      send: ({ messages }, context) => inTurn(messages, config.connections, (message) => deliver(message, context)),
    }),
    async health() {
      try {
        await transport.verify()
        return { status: 'ok' }
      } catch (error) {
        const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown'
        return { status: 'down', reason: `${config.host}:${config.port} does not take mail (${code})` }
      }
    },
    close: () => transport.close(),
  }
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

function poolOptions(config: SmtpConfig): SMTPPoolOptions & { readonly pool: true } {
  const { host, port, secure, user, password, connections, messagesPerConnection, tls, timeouts } = config
  const { ca, servername, rejectUnauthorized } = tls
  return {
    pool: true,
    host,
    port,
    secure,
    requireTLS: !secure && (tls.require ?? password !== undefined),
    maxConnections: connections,
    maxMessages: messagesPerConnection,
    // A connection that died idle is replaced once; from there on retries are the station's.
    maxRequeues: 1,
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.greetingMs,
    socketTimeout: timeouts.silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    tls: { rejectUnauthorized, ...(ca === undefined ? {} : { ca }), ...(servername === undefined ? {} : { servername }) },
  }
}
