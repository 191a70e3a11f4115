import type { CustomerEvent, ProfileId } from '@tenon/kernel/contracts'
import type { RowFormat } from './insert-rows.ts'
import { dateTime, json, named, text } from './tsv.ts'

/** An event with the profile it was found to be of, 0 where it is of nobody. */
export interface StoredEvent extends CustomerEvent {
  readonly workspace: string
  readonly profile: ProfileId
  /** Of the ingest batch that stored it; grows. */
  readonly batch: number
}

export const eventFormat: RowFormat<StoredEvent> = Object.freeze({
  table: 'events',
  columns: [
    'workspace',
    'profile',
    'timestamp',
    'type',
    'name',
    'source',
    'message_id',
    'received_at',
    'batch',
    'identifiers',
    'properties',
    'traits',
    'context',
    'group_id',
    'group_traits',
  ],
  naturals: ({ profile, batch }: StoredEvent) => ({ profile, batch }),
  dates: ({ timestamp, receivedAt }: StoredEvent) => ({ timestamp, received_at: receivedAt }),
  line: (event: StoredEvent): string => {
    const who = `${text(event.workspace)}\t${event.profile}`
    const what = `${dateTime(event.timestamp)}\t${text(event.type)}\t${text(event.name)}`
    const whence = `${text(event.source)}\t${text(event.messageId)}\t${dateTime(event.receivedAt)}\t${event.batch}`
    const said = `${named(event.identifiers)}\t${json(event.properties)}\t${json(event.traits)}\t${json(event.context)}`
    return `${who}\t${what}\t${whence}\t${said}\t${text(event.group?.id ?? '')}\t${json(event.group?.traits ?? {})}`
  },
})
