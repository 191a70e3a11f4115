import type { ParamValue } from '../engine/engine.ts'
import { instant } from '../sources.ts'
import type { FailedEventState } from '../writer/failed-event-format.ts'
import { earliest, latest, millisOf } from '../writer/tsv.ts'

/** Which failed events: all conditions together. */
export interface FailedEventsFilter {
  readonly state?: FailedEventState
  readonly stage?: string
  readonly code?: string
  readonly source?: string
  /** The name of the event. */
  readonly event?: string
  /** By the time of receipt. */
  readonly from?: Date
  /** Exclusive. */
  readonly until?: Date
  /** Somewhere in the payload or in the reason, whatever the case of its letters. */
  readonly text?: string
}

export type Order = 'ASC' | 'DESC'

/**
 * The last row of each failed event that a filter selects, in the order of receipt. Read in the order of the table, so that a page
 * costs what it reads and not what there is; what can not change is asked of every row, what can is asked of the last.
 */
export const lastRows = (columns: string, order: Order = 'DESC', more = '1'): string => `SELECT ${columns}
FROM (
  SELECT * FROM failed_events
  WHERE workspace = {workspace:String}
    AND received_at >= ${instant('from')} AND received_at < ${instant('until')}
    AND ({source:String} = '' OR source = {source:String})
    AND ${more}
  ORDER BY received_at ${order}, id ${order}, attempt DESC, step DESC
  LIMIT 1 BY received_at, id
)
WHERE ({state:String} = '' OR state = {state:String})
  AND ({stage:String} = '' OR stage = {stage:String})
  AND ({code:String} = '' OR code = {code:String})
  AND ({event:String} = '' OR event = {event:String})
  AND ({text:String} = '' OR positionCaseInsensitiveUTF8(payload, {text:String}) > 0 OR positionCaseInsensitiveUTF8(reason, {text:String}) > 0)`

export function filterParams(filter: FailedEventsFilter): Readonly<Record<string, ParamValue>> {
  const { state = '', stage = '', code = '', source = '', event = '', from, until, text = '' } = filter
  return { state, stage, code, source, event, text, from: millisOf(from ?? earliest), until: millisOf(until ?? latest) }
}
