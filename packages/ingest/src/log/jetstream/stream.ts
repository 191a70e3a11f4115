import { randomUUID } from 'node:crypto'
import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream'
import { LogUnreachable } from '../../errors.ts'
import { reasonOf } from './connect.ts'

/** A stream of JetStream that is one log. */
export interface LogStream {
  readonly name: string
  readonly subject: string
  /** Made with the stream and kept in its description: a stream that was deleted and made again is another log. */
  readonly id: string
  /** The position behind which its first message lies: 0, unless a restore has made it as the continuation of one that was copied. */
  readonly base: number
}

export interface StreamOptions {
  readonly budgetBytes: number
  readonly replicas: number
}

/** Within this time a message that is published again is known by its id. */
const DUPLICATE_WINDOW_NS = 120 * 1e9
const NAME_IN_USE = 10_058
const DESCRIPTION = /^Tenon event log ([0-9a-f-]{36})(?: from (\d+), restored by (\S+))?$/

/** What a stream says of itself. */
export interface LogName extends Pick<LogStream, 'id' | 'base'> {
  /** The restore that has made it. */
  readonly restore?: string
}

export const describeLog = ({ id, base, restore }: LogName): string =>
  `Tenon event log ${id}${restore === undefined ? '' : ` from ${base}, restored by ${restore}`}`

/** Undefined where a stream is no log of ours. */
export function logOf({ config }: StreamInfo): LogName | undefined {
  const [, id, base = '0', restore] = DESCRIPTION.exec(config.description ?? '') ?? []
  return id === undefined ? undefined : { id, base: Number(base), ...(restore === undefined ? {} : { restore }) }
}

/** Opens the stream or makes it, with the budget and the replicas that are asked for. Of several that make it at once one does. */
export async function openStream(manager: JetStreamManager, name: string, options: StreamOptions): Promise<LogStream> {
  const subject = subjectOf(name)
  try {
    const info = (await findStream(manager, name)) ?? (await makeStream(manager, name, options))
    const log = logOf(info)
    if (log === undefined) throw new TypeError(`the stream ${name} is there and is not a log of Tenon`)
    const { max_bytes, num_replicas } = info.config
    if (max_bytes !== options.budgetBytes || num_replicas !== options.replicas)
      await manager.streams.update(name, { max_bytes: options.budgetBytes, num_replicas: options.replicas })
    return { name, subject, id: log.id, base: log.base }
  } catch (error) {
    throw LogUnreachable.create({ doing: `opening the stream ${name}`, reason: reasonOf(error) }, error)
  }
}

export const subjectOf = (name: string): string => name.toLowerCase().replaceAll('_', '.')

export async function findStream(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined
    throw error
  }
}

/** Of several that make it at once one does; the others find it. */
export async function makeStream(
  manager: JetStreamManager,
  name: string,
  { budgetBytes, replicas, description = describeLog({ id: randomUUID(), base: 0 }) }: StreamOptions & { readonly description?: string },
): Promise<StreamInfo> {
  try {
    return await manager.streams.add({
      name,
      description,
      subjects: [subjectOf(name)],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      // Full means refused: what was acknowledged is never pushed out.
      discard: DiscardPolicy.New,
      max_bytes: budgetBytes,
      num_replicas: replicas,
      duplicate_window: DUPLICATE_WINDOW_NS,
    })
  } catch (error) {
    const made = error instanceof JetStreamApiError && error.code === NAME_IN_USE ? await findStream(manager, name) : undefined
    if (made !== undefined) return made
    throw error
  }
}
