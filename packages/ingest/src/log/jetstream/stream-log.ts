import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import type { Logger } from '@tenon/kernel/contracts'
import { LogClosed, LogCorrupt, LogUnreachable, LogWriteFailed } from '../../errors.ts'
import type { EventLog, LogRecord, LogState } from '../event-log.ts'
import type { OnCorrupt } from '../recover.ts'
import { type Connection, reasonOf } from './connect.ts'
import { PARTS_HEADER, recordsOf } from './message.ts'
import { createPublisher, type PublisherLimits } from './publisher.ts'
import { createReader } from './reader.ts'
import { type LogStream, logOf } from './stream.ts'
import { createTally } from './tally.ts'

export interface StreamLogOptions {
  readonly connection: Connection
  readonly client: JetStreamClient
  readonly manager: JetStreamManager
  readonly stream: LogStream
  readonly budgetBytes: number
  readonly limits: PublisherLimits
  readonly onCorrupt: OnCorrupt
  readonly logger: Logger
}

/** A message is published again, under its id, when it was not acknowledged in time. Then its senders are told to come again. */
const TRIES = 4
const ACKNOWLEDGED_WITHIN_MS = 2_500
const PAUSE_MS = 300
/** How long one look for something new takes, before the next. */
const WAIT_MS = 5_000
const READ_WAIT_MS = 1_000
const PIECE_MESSAGES = 16
const PIECE_HEADS = 500
/** What is stored is deleted once it is this share of the budget, or after this many batches. */
const PURGE_SHARE = 0.05
const PURGE_EVERY = 10
/** No room in the stream, or none on the server. */
const FULL: ReadonlySet<number> = new Set([10_077, 10_023, 10_047])

/** A stream of JetStream as a log: position n is behind message n of the log. */
export function createStreamLog(options: StreamLogOptions): EventLog {
  const { connection, client, manager, stream, budgetBytes, limits, onCorrupt, logger } = options
  const readerOf = (headersOnly: boolean, pieceMessages: number) =>
    createReader({ connection, client, manager, stream, headersOnly, pieceMessages })
  const reader = readerOf(false, PIECE_MESSAGES)
  const heads = readerOf(true, PIECE_HEADS)
  const tally = createTally(heads)
  const listeners = new Set<() => void>()
  let state: LogState = { first: stream.base, end: stream.base, bytes: 0, budgetBytes, skippedBytes: 0 }
  let released = 0
  let releases = 0
  let closed = false

  const publisher = createPublisher(async ({ bytes, parts }) => {
    const marks = headers()
    marks.set(PARTS_HEADER, String(parts))
    const sent = { msgID: randomUUID(), headers: marks, timeout: ACKNOWLEDGED_WITHIN_MS, expect: { streamName: stream.name } }
    for (let tried = 1; ; tried++) {
      try {
        const { seq } = await connection.whileConnected(() => client.publish(stream.subject, bytes, sent))
        const position = stream.base + seq
        // Nobody reads there any more. A server that was killed may have forgotten how far it had counted.
        if (position <= state.first)
          throw LogWriteFailed.create({ reason: `the stream counts from ${position}, and was stored up to ${state.first}` })
        know({ end: Math.max(state.end, position) })
        return 'durable'
      } catch (error) {
        if (error instanceof JetStreamApiError && FULL.has(error.code)) return 'full'
        if (LogWriteFailed.is(error)) throw error
        if (tried === TRIES) throw LogWriteFailed.create({ reason: reasonOf(error) }, error)
        await delay(PAUSE_MS)
      }
    }
  }, limits)

  function know(more: Partial<LogState>): void {
    state = { ...state, ...more }
    for (const wake of [...listeners]) wake()
  }

  async function look(): Promise<LogState> {
    const info = await reaching('looking at the stream', () => connection.whileConnected(() => manager.streams.info(stream.name)))
    const { first_seq, last_seq, bytes } = info.state
    if (logOf(info)?.id !== stream.id)
      throw LogUnreachable.create({ doing: 'looking at the stream', reason: 'it was deleted and made again; start this process again' })
    know({
      first: Math.max(state.first, stream.base + Math.max(first_seq - 1, 0)),
      end: Math.max(stream.base + last_seq, state.end),
      bytes,
    })
    return state
  }

  /** Messages between that nobody stored are gone: somebody deleted them. */
  function leap(from: number, to: number): void {
    const problem = 'messages that were not stored are gone'
    if (onCorrupt === 'stop') throw LogCorrupt.create({ segment: stream.name, position: from, problem })
    logger.error('left out a missing part of the event log', { from, to, problem })
  }

  return Object.freeze<EventLog>({
    id: stream.id,
    async append(payload, parts) {
      if (closed) throw LogClosed.create({})
      return publisher.add(payload, parts)
    },
    async read({ from, maxBytes, maxParts, until = Number.POSITIVE_INFINITY }) {
      const end = Math.min((await look()).end, until)
      const records: LogRecord[] = []
      let [next, bytes, parts] = [from, 0, 0]
      while (next < end && bytes < maxBytes && parts < maxParts) {
        const message = await reaching('reading', () => reader.after(next, { wanted: end - next, waitMs: READ_WAIT_MS }))
        if (message === undefined) break
        if (message.sequence > next + 1) leap(next, message.sequence - 1)
        if (message.sequence > end || (records.length > 0 && parts + message.parts > maxParts)) break
        records.push(...recordsOf(message))
        next = message.sequence
        bytes += message.data.length
        parts += message.parts
      }
      return { from, records, parts: records.reduce((sum, record) => sum + record.parts, 0), next }
    },
    async whenBeyond(position, signal) {
      const more = new AbortController()
      const wake = (): void => {
        if (state.end > position || signal.aborted) more.abort()
      }
      listeners.add(wake)
      signal.addEventListener('abort', wake)
      try {
        for (wake(); !more.signal.aborted; ) {
          const asked = { wanted: 1, waitMs: WAIT_MS, signal: more.signal }
          const message = await reaching('waiting', () => reader.after(position, asked))
          if (message !== undefined) know({ end: Math.max(state.end, message.sequence) })
        }
      } finally {
        listeners.delete(wake)
        signal.removeEventListener('abort', wake)
      }
    },
    async release(position) {
      released = Math.max(released, position)
      releases += 1
      const kept = released - state.first
      const share = state.end > state.first ? (kept / (state.end - state.first)) * (state.bytes / budgetBytes) : 0
      if (kept <= 0 || (releases % PURGE_EVERY !== 0 && share < PURGE_SHARE && released < state.end)) return
      await reaching('deleting what is stored', () => manager.streams.purge(stream.name, { seq: released + 1 - stream.base }))
      know({ first: released })
    },
    async countParts(from, until) {
      const { parts, isWhole } = await reaching('counting', () => tally.count(from, until))
      // What is gone was stored and deleted while we counted: who asks sees that. Otherwise too few would be told.
      if (isWhole || (await look()).first > from) return parts
      throw LogUnreachable.create({ doing: 'counting', reason: 'the server did not show in time what waits' })
    },
    state: () => state,
    look,
    async close() {
      if (closed) return
      closed = true
      await publisher.settled()
      await Promise.all([reader.close(), heads.close()])
    },
  })
}

async function reaching<T>(doing: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw LogUnreachable.create({ doing, reason: reasonOf(error) }, error)
  }
}
