import type { ParamValue } from '../engine/engine.ts'
import { instant } from '../sources.ts'
import { millisOf } from '../writer/tsv.ts'

/** What anybody may look at in one piece. */
export const LONGEST_WINDOW_MS = 92 * 86_400_000

/** Which breaches of one plan: all conditions together. */
export interface BreachFilter {
  readonly plan: string
  /** By the time of receipt; `until` is exclusive. */
  readonly from: Date
  readonly until: Date
  readonly source?: string
  /** The name of the event. */
  readonly event?: string
  readonly planVersion?: number
  readonly kind?: string
  readonly rule?: string
  /** `properties.products[].price` */
  readonly path?: string
}

const given = (breach: string, part: 'kind' | 'rule' | 'path'): string =>
  `({${part}:String} = '' OR tupleElement(${breach}, '${part}') = {${part}:String})`

const RECEIVED = `received_at >= ${instant('from')} AND received_at < ${instant('until')}`
const HITS = `arrayFilter(one -> ${given('one', 'kind')} AND ${given('one', 'rule')} AND ${given('one', 'path')}, breaches) AS hits`
const EVENT = `({source:String} = '' OR source = {source:String}) AND ({event:String} = '' OR event = {event:String})
    AND ({planVersion:UInt32} = 0 OR plan_version = {planVersion:UInt32}) AND notEmpty(hits)`

/**
 * Events that break the plan, each once, with the breaches that are asked for (`hits`). `outcome` is `stored`, or the state of the failed
 * event: of one that was tried several times the last finding counts. One that was replayed is in `events` by now, as it is.
 */
export const foundBreaches = (): string => `(
  SELECT * EXCEPT breaches, ${HITS} FROM (
    SELECT source, type, name AS event, event_version, plan_version, received_at, message_id, '' AS failed, 'stored' AS outcome, breaches
    FROM events
    WHERE workspace = {workspace:String} AND plan = {plan:String} AND ${RECEIVED}
    UNION ALL
    SELECT source, tupleElement(last, 1) AS type, tupleElement(last, 2) AS event, tupleElement(last, 3) AS event_version,
      tupleElement(last, 4) AS plan_version, received_at, tupleElement(last, 5) AS message_id, id AS failed, outcome,
      tupleElement(last, 6) AS breaches
    FROM (${heldBack()})
    WHERE tupleElement(last, 7) = {plan:String}
  )
  WHERE ${EVENT}
)`

const FINDING = 'tuple(event_type, event, event_version, plan_version, message_id, breaches, plan)'

/** Failed events with their last finding, and what became of them. */
const heldBack = (): string => `SELECT received_at, id, any(source) AS source, argMax(state, tuple(attempt, step)) AS outcome,
  argMaxIf(${FINDING}, tuple(attempt, step), notEmpty(breaches)) AS last
FROM failed_events
WHERE workspace = {workspace:String} AND ${RECEIVED} AND id IN (
  SELECT id FROM failed_events WHERE workspace = {workspace:String} AND plan = {plan:String} AND ${RECEIVED}
)
GROUP BY received_at, id
HAVING outcome IN ('open', 'discarded', 'replayed')`

export function breachParams(filter: BreachFilter): Readonly<Record<string, ParamValue>> {
  const { plan, from, until, source = '', event = '', planVersion = 0, kind = '', rule = '', path = '' } = filter
  return { plan, from: millisOf(from), until: millisOf(until), source, event, planVersion, kind, rule, path }
}
