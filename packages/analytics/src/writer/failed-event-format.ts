import type { RowFormat } from './insert-rows.ts'
import { dateTime, text } from './tsv.ts'

/** What was refused on its way in: kept so that people list, repair and replay it. */
export interface FailedEvent {
  /** The same when the batch is written again. */
  readonly id: string
  readonly workspace: string
  readonly source: string
  /** The station that refused it: `accept`, `consent`, `identity`, ... */
  readonly stage: string
  /** Upper snake case, stable. */
  readonly code: string
  readonly reason: string
  /** As it came, as far as it could be read. */
  readonly payload: string
  readonly messageId?: string
  readonly receivedAt: Date
  readonly batch: number
}

export const failedEventFormat: RowFormat<FailedEvent> = Object.freeze({
  table: 'failed_events',
  columns: ['workspace', 'received_at', 'id', 'source', 'stage', 'code', 'reason', 'payload', 'message_id', 'batch'],
  naturals: ({ batch }: FailedEvent) => ({ batch }),
  dates: ({ receivedAt }: FailedEvent) => ({ received_at: receivedAt }),
  line: (event: FailedEvent): string =>
    [
      text(event.workspace),
      dateTime(event.receivedAt),
      text(event.id),
      text(event.source),
      text(event.stage),
      text(event.code),
      text(event.reason),
      text(event.payload),
      text(event.messageId ?? ''),
      String(event.batch),
    ].join('\t'),
})
