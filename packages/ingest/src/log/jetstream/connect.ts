import { readFile } from 'node:fs/promises'
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import type { Logger } from '@tenon/kernel/contracts'
import { LogUnreachable } from '../../errors.ts'

export interface NatsAddress {
  /** One or several, with commas between: `nats://user:password@host:4222`, `nats://token@host`, `tls://host`. */
  readonly url: string
  /** Path of a credentials file. */
  readonly credentials?: string
}

export interface Connection {
  readonly nats: NatsConnection
  /** Grows with every connection: what a server remembered of an earlier one is not to be relied on. */
  readonly generation: number
  readonly connected: boolean
  /** Rejects at once when there is no connection, and as soon as it breaks: nobody waits for an answer that can not come. */
  whileConnected<T>(run: () => Promise<T>): Promise<T>
}

const FIRST_CONNECT_MS = 10_000
const RECONNECT_MS = 250
/** A server that is gone without a word is noticed after twice this. */
const PING_MS = 5_000

/** The first connection must succeed; later ones are made again for ever. */
export async function connectNats(address: NatsAddress, logger: Logger): Promise<Connection> {
  const nats = await connect({
    ...(await optionsOf(address)),
    name: 'tenon',
    timeout: FIRST_CONNECT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    pingInterval: PING_MS,
    ignoreAuthErrorAbort: true,
  }).catch((error: unknown) => {
    throw LogUnreachable.create({ doing: 'connecting', reason: reasonOf(error) }, error)
  })
  let generation = 0
  let broken = new AbortController()
  const follow = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') {
        broken.abort()
        logger.warn('the event log on NATS is away; events are refused until it is back')
      } else if (type === 'reconnect') {
        generation += 1
        broken = new AbortController()
        logger.warn('the event log on NATS is back')
      }
    }
    broken.abort()
  }
  void follow()
  return {
    nats,
    get generation() {
      return generation
    },
    get connected() {
      return !broken.signal.aborted
    },
    whileConnected(run) {
      const { signal } = broken
      return new Promise((resolve, reject) => {
        const breakOff = (): void => reject(new Error('the connection broke off'))
        if (signal.aborted) return breakOff()
        signal.addEventListener('abort', breakOff)
        run()
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', breakOff))
      })
    },
  }
}

async function optionsOf({ url, credentials }: NatsAddress): Promise<ConnectionOptions> {
  const servers = url.split(',').map((text) => new URL(text.trim()))
  const [{ username = '', password = '' } = {}] = servers
  const user = decodeURIComponent(username)
  return {
    servers: servers.map(({ host }) => host),
    ...(servers.some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {}),
    ...(password === '' ? (user === '' ? {} : { token: user }) : { user, pass: decodeURIComponent(password) }),
    ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(await readFile(credentials)) }),
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error))
