import type { CustomerEvent, ProfileId } from '@tenon/kernel/contracts'
import type { RowFormat } from './insert-rows.ts'
import { breachCells, breachColumns, noBreaches, type PlanBreaches } from './plan-breaches.ts'
import { dateTime, jsonText, named, text } from './tsv.ts'

/** An event with the profile it was found to be of, 0 where it is of nobody. */
export interface StoredEvent extends CustomerEvent {
  readonly workspace: string
  readonly profile: ProfileId
  /** Of the ingest batch that stored it; grows. */
  readonly batch: number
}

/** A stored event whose JSON is text: whoever has it so need not read it in order to write it. */
export interface EventRow extends Pick<StoredEvent, 'workspace' | 'profile' | 'batch'> {
  /** What its tracking plan finds in it, where it finds something. */
  readonly breaches?: PlanBreaches
  readonly event: Pick<CustomerEvent, 'messageId' | 'source' | 'type' | 'name' | 'identifiers' | 'timestamp' | 'receivedAt'> & {
    /** Empty where it is not of a group call. */
    readonly groupId: string
    /** Each as `JSON.stringify` writes it. */
    readonly texts: { readonly properties: string; readonly traits: string; readonly context: string; readonly groupTraits: string }
  }
}

export const rowOf = ({ workspace, profile, batch, properties, traits, context, group, ...event }: StoredEvent): EventRow => ({
  workspace,
  profile,
  batch,
  event: {
    ...event,
    groupId: group?.id ?? '',
    texts: {
      properties: JSON.stringify(properties),
      traits: JSON.stringify(traits),
      context: JSON.stringify(context),
      groupTraits: JSON.stringify(group?.traits ?? {}),
    },
  },
})

export const eventFormat: RowFormat<EventRow> = Object.freeze({
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
  naturals: ({ profile, batch }: EventRow) => ({ profile, batch }),
  dates: ({ event }: EventRow) => ({ timestamp: event.timestamp, received_at: event.receivedAt }),
  line: ({ workspace, profile, batch, event }: EventRow): string => {
    const { texts } = event
    const who = `${text(workspace)}\t${profile}`
    const what = `${dateTime(event.timestamp)}\t${text(event.type)}\t${text(event.name)}`
    const whence = `${text(event.source)}\t${text(event.messageId)}\t${dateTime(event.receivedAt)}\t${batch}`
    const said = `${named(event.identifiers)}\t${jsonText(texts.properties)}\t${jsonText(texts.traits)}\t${jsonText(texts.context)}`
    return `${who}\t${what}\t${whence}\t${said}\t${text(event.groupId)}\t${jsonText(texts.groupTraits)}`
  },
})

/** The same with what tracking plans find: more cells, that most events do without. */
const checkedEventFormat: RowFormat<EventRow> = Object.freeze({
  ...eventFormat,
  columns: [...eventFormat.columns, ...breachColumns],
  line: (row: EventRow): string => [eventFormat.line(row), ...breachCells(row.breaches ?? noBreaches)].join('\t'),
})

/** How rows are written: where no plan finds anything, as if there were none. */
export const formatFor = (rows: readonly EventRow[]): RowFormat<EventRow> =>
  rows.some(({ breaches }) => breaches !== undefined) ? checkedEventFormat : eventFormat
