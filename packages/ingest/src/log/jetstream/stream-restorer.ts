import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager, type PubAck } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { LogUnreachable, LogWriteFailed } from '../../errors.ts'
import type { CopiedStream, RestoreTry, SharedMessage, StreamRestorer } from '../shared-log.ts'
import { connectNats, reasonOf } from './connect.ts'
import { DEFAULT_BUDGET_BYTES, DEFAULT_PARTITIONS, type JetStreamOptions } from './jetstream-logs.ts'
import { PARTS_HEADER } from './message.ts'
import { describeLog, findStream, logOf, makeStream, type StreamOptions, subjectOf } from './stream.ts'

/** Messages that wait for their acknowledgement at one time. A server takes those of one connection in their order. */
const IN_FLIGHT = 32
const ACKNOWLEDGED_WITHIN_MS = 30_000

/** What a stream says of itself until all is in it: no log, so nobody starts on it. */
const mark = (restore: string): string => `Tenon restore ${restore}`

/** Brings streams back to the server that the options name. */
export async function openStreamRestorer(options: JetStreamOptions): Promise<StreamRestorer> {
  const { partitions = DEFAULT_PARTITIONS, budgetBytes = DEFAULT_BUDGET_BYTES, replicas = 1, logger } = options
  const connection = await connectNats(options, logger)
  const { nats } = connection
  try {
    const manager = await jetstreamManager(nats)
    const client = jetstream(nats)
    const limits: StreamOptions = { budgetBytes: Math.floor(budgetBytes / partitions), replicas }
    return Object.freeze<StreamRestorer>({
      async occupied(attempt, streams) {
        const found = await Promise.all(streams.map((stream) => isTaken(manager, attempt, stream)))
        return streams.flatMap(({ name }, index) => (found[index] === true ? [name] : []))
      },
      async restore(restore, stream, messages) {
        const { name, id, from, until } = stream
        try {
          if ((await findStream(manager, name)) !== undefined) await manager.streams.delete(name)
          await makeStream(manager, name, { ...limits, description: mark(restore) })
          await publishAll(client, stream, messages)
          const { state } = await manager.streams.info(name)
          if (state.messages !== until - from || state.last_seq !== until - from)
            throw LogWriteFailed.create({ reason: `${state.messages} of ${until - from} messages are in ${name}` })
          await manager.streams.update(name, { description: describeLog({ id, base: from, restore }) })
        } catch (error) {
          throw LogWriteFailed.is(error) ? error : LogUnreachable.create({ doing: `restoring ${name}`, reason: reasonOf(error) }, error)
        }
      },
      close: () => nats.close(),
    })
  } catch (error) {
    await nats.close()
    throw LogUnreachable.create({ doing: 'starting', reason: reasonOf(error) }, error)
  }
}

/** What an earlier try of this restore has begun or finished is its own, and made again with the rest. */
async function isTaken(manager: JetStreamManager, { restore, isAgain }: RestoreTry, { name }: CopiedStream): Promise<boolean> {
  const found = await findStream(manager, name)
  if (found === undefined || found.config.description === mark(restore)) return false
  return !isAgain || logOf(found)?.restore !== restore
}

async function publishAll(client: JetStreamClient, { name, from }: CopiedStream, messages: AsyncIterable<SharedMessage>): Promise<void> {
  const underway: { readonly sequence: number; readonly acknowledged: Promise<PubAck> }[] = []
  const settleOne = async (): Promise<void> => {
    const first = underway.shift()
    if (first === undefined) return
    const { seq } = await first.acknowledged.catch((error: unknown) => {
      throw LogWriteFailed.create(
        { reason: `${name} does not take what is restored (${reasonOf(error)}): is TENON_LOG_BYTES large enough?` },
        error,
      )
    })
    if (from + seq !== first.sequence) throw LogWriteFailed.create({ reason: `somebody else writes into ${name}` })
  }
  for await (const { sequence, parts, data } of messages) {
    const marks = headers()
    marks.set(PARTS_HEADER, String(parts))
    const acknowledged = client.publish(subjectOf(name), data, {
      headers: marks,
      timeout: ACKNOWLEDGED_WITHIN_MS,
      expect: { streamName: name },
    })
    // Heard when it is its turn.
    acknowledged.catch(() => undefined)
    underway.push({ sequence, acknowledged })
    if (underway.length >= IN_FLIGHT) await settleOne()
  }
  while (underway.length > 0) await settleOne()
}
