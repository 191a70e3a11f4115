import { LogCorrupt, LogUnreachable } from '../../errors.ts'
import type { LogState } from '../event-log.ts'
import type { SharedLog, SharedMessage } from '../shared-log.ts'
import { reasonOf } from './connect.ts'
import { createReader, type Reader, type ReaderOptions } from './reader.ts'
import type { LogStream } from './stream.ts'

const PIECE_MESSAGES = 16
const WAIT_MS = 2_000
const TRIES = 5

/** With a cursor of its own: those who store the stream do not notice. */
export function sharedLogOf(
  options: Pick<ReaderOptions, 'connection' | 'client' | 'manager'> & {
    readonly stream: LogStream
    readonly look: () => Promise<LogState>
  },
): SharedLog {
  const { stream, look } = options
  const { name, id } = stream

  async function* messages(from: number, until: number): AsyncGenerator<SharedMessage> {
    const reader = createReader({ ...options, headersOnly: false, pieceMessages: PIECE_MESSAGES })
    try {
      for (let next = from; next < until; next++) {
        const message = await read(reader, next, until - next)
        if (message?.sequence !== next + 1)
          throw LogCorrupt.create({ segment: name, position: next, problem: 'messages that were not stored are gone' })
        yield message
      }
    } finally {
      await reader.close()
    }
  }

  /** It is there: a server that gives nothing is busy. */
  async function read(reader: Reader, position: number, wanted: number): Promise<SharedMessage | undefined> {
    for (let tried = 1; ; tried++) {
      try {
        const message = await reader.after(position, { wanted, waitMs: WAIT_MS })
        if (message !== undefined || tried === TRIES) return message
      } catch (error) {
        if (tried === TRIES) throw LogUnreachable.create({ doing: 'reading for a copy', reason: reasonOf(error) }, error)
      }
    }
  }

  return Object.freeze({ name, id, end: async () => (await look()).end, messages })
}
