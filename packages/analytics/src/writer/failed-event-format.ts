import type { RowFormat } from './insert-rows.ts'
import { breachCells, breachColumns, noBreaches, type PlanBreaches } from './plan-breaches.ts'
import { dateTime, text } from './tsv.ts'

/** What a failed event is now. Only an `open` one can be repaired, replayed and discarded; of a `dropped` one consent forbids to keep anything. */
export type FailedEventState = 'open' | 'replayed' | 'duplicate' | 'dropped' | 'discarded'

/**
 * What was refused on its way in: kept so that people list, repair and replay it. It is written once for each thing that happens to it;
 * the last by `attempt` and `step` says what it is now.
 */
export interface FailedEvent {
  /** The same when the batch is written again, and for every attempt. */
  readonly id: string
  readonly workspace: string
  readonly source: string
  readonly state: FailedEventState
  /** How often it was replayed. */
  readonly attempt: number
  /** What people did to it since the last attempt. */
  readonly step: number
  /** The station that refused it: `accept`, `identity`, `plan`, ... */
  readonly stage: string
  /** Upper snake case, stable. */
  readonly code: string
  readonly reason: string
  /** The name of the event, as far as one is known. */
  readonly event?: string
  /** As it came, as far as it could be read; empty where nothing may be kept of it. */
  readonly payload: string
  /** Not all that came is in the payload. */
  readonly cut?: true
  /** How the payload is to be read: as its source sent it, or as Tenon writes an event. */
  readonly format: 'source' | 'event'
  readonly messageId?: string
  readonly receivedAt: Date
  readonly batch: number
  /** When this happened to it, and who did it; empty for ingest. */
  readonly at: Date
  readonly actor: string
  /** What its tracking plan finds in it, where that is why it failed. */
  readonly breaches?: PlanBreaches
}

export const failedEventColumns = Object.freeze([
  'workspace',
  'received_at',
  'id',
  'attempt',
  'step',
  'state',
  'source',
  'stage',
  'code',
  'reason',
  'event',
  'payload',
  'format',
  'message_id',
  'batch',
  'at',
  'actor',
  ...breachColumns,
  'event_type',
  'cut',
] as const)

export const failedEventFormat: RowFormat<FailedEvent> = Object.freeze({
  table: 'failed_events',
  columns: failedEventColumns,
  naturals: ({ batch, attempt, step }: FailedEvent) => ({ batch, attempt, step }),
  dates: ({ receivedAt, at }: FailedEvent) => ({ received_at: receivedAt, at }),
  line: (event: FailedEvent): string =>
    [
      text(event.workspace),
      dateTime(event.receivedAt),
      text(event.id),
      String(event.attempt),
      String(event.step),
      text(event.state),
      text(event.source),
      text(event.stage),
      text(event.code),
      text(event.reason),
      text(event.event ?? ''),
      text(event.payload),
      text(event.format),
      text(event.messageId ?? ''),
      String(event.batch),
      dateTime(event.at),
      text(event.actor),
      ...breachCells(event.breaches ?? noBreaches),
      text(event.breaches?.type ?? ''),
      String(event.cut === true),
    ].join('\t'),
})
