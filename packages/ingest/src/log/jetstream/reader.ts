import { AckPolicy, type Consumer, DeliverPolicy, type JetStreamClient, type JetStreamManager, type JsMsg } from '@nats-io/jetstream'
import type { SharedMessage } from '../shared-log.ts'
import type { Connection } from './connect.ts'
import { PARTS_HEADER } from './message.ts'
import type { LogStream } from './stream.ts'

/** Reads a stream in order, from wherever it is asked. For one caller at a time. */
export interface Reader {
  /**
   * The first message behind a position, once there is one: waits for it as long as `waitMs`. Undefined when none came. Its sequence is
   * not the next one only where messages between are gone.
   */
  after(
    position: number,
    options: { readonly wanted: number; readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<SharedMessage | undefined>
  close(): Promise<void>
}

export interface ReaderOptions {
  readonly connection: Connection
  readonly client: JetStreamClient
  readonly manager: JetStreamManager
  readonly stream: Pick<LogStream, 'name' | 'base'>
  /** Messages come without their bodies. */
  readonly headersOnly: boolean
  /** Messages of one request to the server. */
  readonly pieceMessages: number
}

/** A cursor of the server that nobody asks for so long is forgotten by it. */
const FORGOTTEN_AFTER_NS = 60 * 1e9
/** The shortest wait that the protocol takes. */
const SHORTEST_WAIT_MS = 1_000

interface Cursor {
  readonly consumer: Consumer
  readonly generation: number
  /** Messages that the server has given to this cursor: one more than we saw means that some were lost on the way. */
  delivered: number
}

/**
 * The server keeps a cursor for us, in memory and without acknowledgements: where we are is kept in the store alone. Whenever anything is
 * odd about the cursor (a new connection, a message lost on the way, another position) a new one is made.
 */
export function createReader(options: ReaderOptions): Reader {
  const { connection, client, manager, stream, headersOnly, pieceMessages } = options
  let cursor: Cursor | undefined
  /** All messages behind `from` that the cursor has brought, in order. */
  let ready: SharedMessage[] = []
  let from = 0
  /** The last sequence that the cursor has brought, or the position that it began behind. */
  let reached = 0

  async function seek(position: number): Promise<Cursor> {
    await forget()
    const info = await manager.consumers.add(stream.name, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Math.max(1, position + 1 - stream.base),
      inactive_threshold: FORGOTTEN_AFTER_NS,
      mem_storage: true,
      num_replicas: 1,
      headers_only: headersOnly,
    })
    from = position
    reached = position
    cursor = { consumer: client.consumers.getConsumerFromInfo(info), generation: connection.generation, delivered: 0 }
    return cursor
  }

  async function forget(): Promise<void> {
    const last = cursor
    cursor = undefined
    ready = []
    if (last?.generation === connection.generation) await last.consumer.delete().catch(() => undefined)
  }

  async function fill(current: Cursor, { wanted, waitMs, signal }: Parameters<Reader['after']>[1]): Promise<void> {
    const messages = await current.consumer.fetch({
      max_messages: Math.max(1, Math.min(wanted, pieceMessages)),
      expires: Math.max(waitMs, SHORTEST_WAIT_MS),
      bind: true,
    })
    const stop = (): void => messages.stop()
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    try {
      for await (const message of messages) {
        if (message.info.deliverySequence !== current.delivered + 1) throw new Error('a message was lost on its way')
        current.delivered += 1
        const read = toMessage(message, stream.base)
        reached = read.sequence
        ready.push(read)
      }
    } catch (error) {
      // What came before the fault is whole; what comes next is asked for anew.
      cursor = undefined
      if (ready.length === 0) throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      // The server may have sent what we no longer listened to.
      if (signal?.aborted) cursor = undefined
    }
  }

  return {
    async after(position, request) {
      const isHere = position >= from && position <= reached
      if (!isHere) await forget()
      ready = ready.filter(({ sequence }) => sequence > position)
      from = Math.max(from, position)
      if (ready.length === 0) {
        const isGood = cursor !== undefined && cursor.generation === connection.generation && reached === position
        await fill(isGood && cursor !== undefined ? cursor : await seek(position), request)
      }
      return ready[0]
    },
    close: forget,
  }
}

const toMessage = (message: JsMsg, base: number): SharedMessage => ({
  sequence: base + message.seq,
  parts: partsOf(message.headers?.get(PARTS_HEADER)),
  data: message.data,
})

/** A message of somebody else has no such header: it becomes one failed event. One of replays has parts, and none that is received now. */
const partsOf = (header: string | undefined): number => (header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : 1)
