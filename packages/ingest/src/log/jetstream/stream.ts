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
}

export interface StreamOptions {
  readonly budgetBytes: number
  readonly replicas: number
}

/** Within this time a message that is published again is known by its id. */
const DUPLICATE_WINDOW_NS = 120 * 1e9
const NAME_IN_USE = 10_058
const DESCRIPTION = /^Tenon event log ([0-9a-f-]{36})$/

/** Opens the stream or makes it, with the budget and the replicas that are asked for. Of several that make it at once one does. */
export async function openStream(manager: JetStreamManager, name: string, options: StreamOptions): Promise<LogStream> {
  const subject = subjectOf(name)
  try {
    const info = (await find(manager, name)) ?? (await make(manager, name, options))
    const id = DESCRIPTION.exec(info.config.description ?? '')?.[1]
    if (id === undefined) throw new TypeError(`the stream ${name} is there and is not a log of Tenon`)
    const { max_bytes, num_replicas } = info.config
    if (max_bytes !== options.budgetBytes || num_replicas !== options.replicas)
      await manager.streams.update(name, { max_bytes: options.budgetBytes, num_replicas: options.replicas })
    return { name, subject, id }
  } catch (error) {
    throw LogUnreachable.create({ doing: `opening the stream ${name}`, reason: reasonOf(error) }, error)
  }
}

const subjectOf = (name: string): string => name.toLowerCase().replaceAll('_', '.')

async function find(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined
    throw error
  }
}

async function make(manager: JetStreamManager, name: string, { budgetBytes, replicas }: StreamOptions): Promise<StreamInfo> {
  try {
    return await manager.streams.add({
      name,
      description: `Tenon event log ${randomUUID()}`,
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
    const made = error instanceof JetStreamApiError && error.code === NAME_IN_USE ? await find(manager, name) : undefined
    if (made !== undefined) return made
    throw error
  }
}
