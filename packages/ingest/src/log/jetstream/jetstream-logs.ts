import { createHash } from 'node:crypto'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { Logger } from '@tenon/kernel/contracts'
import { LogUnreachable } from '../../errors.ts'
import type { EventLog, OpenLogs } from '../event-log.ts'
import type { OnCorrupt } from '../recover.ts'
import type { SharedLog } from '../shared-log.ts'
import { connectNats, type NatsAddress, reasonOf } from './connect.ts'
import { sharedLogOf } from './shared-log-of.ts'
import { openStream } from './stream.ts'
import { createStreamLog } from './stream-log.ts'

export interface JetStreamOptions extends NatsAddress {
  /** In front of the names of the streams: capital letters, digits and `_`; `TENON_EVENTS` where absent. */
  readonly name?: string
  /** Streams among which senders are divided: as many workers can store at once. 4 where absent. */
  readonly partitions?: number
  /** What may wait to be stored, over all partitions; 4 GB where absent. */
  readonly budgetBytes?: number
  /** Servers that keep each message; 1 where absent. */
  readonly replicas?: number
  /** What to do when messages that were not stored are gone; `stop` where absent. */
  readonly onCorrupt?: OnCorrupt
  readonly logger: Logger
}

export const DEFAULT_BUDGET_BYTES = 4 * 1024 ** 3
export const DEFAULT_PARTITIONS = 4
/** What the largest part of a request may need, once it is encoded. */
const LEAST_PAYLOAD_BYTES = 900_000
const MESSAGE_BYTES = 1024 * 1024
/** Headers of a message count as its payload. */
const HEADER_BYTES = 1_024
const MESSAGE_PARTS = 2_000
const IN_FLIGHT = 4
const QUEUE_BYTES = 64 * 1024 * 1024

/**
 * Logs on NATS JetStream that all processes of an installation share. Each of the streams is one log; a sender's events go to one of
 * them. Streams beyond the number of partitions, of an earlier start, are stored until they are empty and get nothing new.
 */
export const jetStreamLogs =
  (options: JetStreamOptions): OpenLogs =>
  async () => {
    const {
      name = 'TENON_EVENTS',
      partitions = DEFAULT_PARTITIONS,
      budgetBytes = DEFAULT_BUDGET_BYTES,
      replicas = 1,
      onCorrupt = 'stop',
      logger,
    } = options
    const connection = await connectNats(options, logger)
    const { nats } = connection
    try {
      const payloadBytes = nats.info?.max_payload ?? 0
      if (payloadBytes < LEAST_PAYLOAD_BYTES)
        throw LogUnreachable.create({ doing: 'connecting', reason: `max_payload is ${payloadBytes} bytes` })
      const manager = await jetstreamManager(nats)
      const client = jetstream(nats)
      const share = Math.floor(budgetBytes / partitions)
      const limits = {
        messageBytes: Math.min(payloadBytes, MESSAGE_BYTES) - HEADER_BYTES,
        ...{ messageParts: MESSAGE_PARTS, inFlight: IN_FLIGHT, queueBytes: QUEUE_BYTES / partitions },
      }
      const logs: EventLog[] = []
      const copies: SharedLog[] = []
      for (const streamName of await namesOf(manager.streams.names(), name, partitions)) {
        const stream = await openStream(manager, streamName, { budgetBytes: share, replicas })
        const log = createStreamLog({ connection, client, manager, stream, budgetBytes: share, limits, onCorrupt, logger })
        await log.look()
        logs.push(log)
        copies.push(sharedLogOf({ connection, client, manager, stream, look: log.look }))
      }
      return Object.freeze({
        logs,
        prefix: 'jetstream',
        shared: true,
        copies,
        recordBytes: limits.messageBytes - HEADER_BYTES,
        logOf({ workspace, source }: { readonly workspace: string; readonly source: string }) {
          const digest = createHash('sha256').update(`${workspace}\0${source}`).digest()
          const log = logs[digest.readUInt32BE() % partitions]
          if (log === undefined) throw new RangeError('a partition is missing')
          return log
        },
        health: () =>
          connection.connected
            ? { status: 'ok' as const }
            : { status: 'down' as const, reason: 'NATS can not be reached: no event is accepted' },
        async close() {
          await Promise.allSettled(logs.map((log) => log.close()))
          await nats.close()
        },
      })
    } catch (error) {
      await nats.close()
      throw LogUnreachable.is(error) ? error : LogUnreachable.create({ doing: 'starting', reason: reasonOf(error) }, error)
    }
  }

/** The partitions, then what is left of a time with more of them. */
async function namesOf(existing: AsyncIterable<string>, name: string, partitions: number): Promise<readonly string[]> {
  const names = Array.from({ length: partitions }, (_, index) => `${name}_${index}`)
  for await (const found of existing)
    if (found.startsWith(`${name}_`) && /^\d+$/.test(found.slice(name.length + 1)) && !names.includes(found)) names.push(found)
  return names
}
