import { durationMs, instantOf, type Measured, startOfDay, stepsOf, type Where, type Window } from '@tenon/kernel/contracts'
import { holds } from './compare.ts'
import { dateOf, follow, type Leaves } from './json-sql.ts'
import type { Scan } from './scan.ts'

/** Which events a measure counts. */
export interface Counted {
  /** A column: 1 for events that count, apart from `since`. */
  readonly condition: string
  /** An aggregate: only events from there on count, and without it nothing is known. */
  readonly since?: { readonly at: string; readonly included: boolean }
}

/** Where a property of the event leads to, for each event. */
export function propertyOf(event: string, path: string, scan: Scan): Leaves {
  return follow(stepsOf(path), scan, (keys) => scan.property(event, keys))
}

/** Where a trait path leads to, for each person. */
export function traitOf(path: string, scan: Scan): Leaves {
  return follow(stepsOf(path), scan, ([first, ...rest]) => {
    const trait = scan.trait(first?.key ?? '')
    return rest.length === 0 ? trait : `JSONExtractRaw(${trait}, ${scan.keys(rest)})`
  })
}

/** Sequences keep their own conditions: none of these has `same`. */
export function counted(measured: Measured, scan: Scan): Counted {
  const window = measured.within
  const span = window === undefined ? [] : spanOf(window, scan)
  const condition = scan.column(eventSql(measured.event, measured.where, span, scan))
  return window === undefined || !('since' in window) ? { condition } : { condition, since: sinceOf(window.since, scan) }
}

function eventSql(event: string, where: readonly Where[] | undefined, span: readonly string[], scan: Scan): string {
  scan.events.add(event)
  const conditions = (where ?? []).map((one) => {
    if ('same' in one) return '0'
    return holds({ kind: 'json', ...propertyOf(event, one.property, scan) }, one, scan)
  })
  return [`name = ${scan.bind('String', event)}`, ...span, ...conditions].join(' AND ')
}

function spanOf(window: Window, scan: Scan): readonly string[] {
  if ('last' in window) return [`timestamp > ${scan.instant(scan.asOf.getTime() - (durationMs(window.last) ?? 0))}`]
  if ('days' in window) return [`timestamp >= ${scan.instant(startOfDay(scan.asOf.getTime(), scan.zone, window.days - 1))}`]
  if ('since' in window) return []
  const at = (text: string): string => scan.instant(instantOf(text, scan.zone) ?? Number.NaN)
  return [
    ...(window.from === undefined ? [] : [`timestamp >= ${at(window.from)}`]),
    ...(window.to === undefined ? [] : [`timestamp < ${at(window.to)}`]),
  ]
}

/** Since a date of the person, that instant included; since the last of some events, that event not. */
function sinceOf(since: Extract<Window, { readonly since: unknown }>['since'], scan: Scan): NonNullable<Counted['since']> {
  if ('event' in since) {
    const condition = scan.column(eventSql(since.event, since.where, [], scan))
    return { at: scan.aggregate(`maxOrNullIf(timestamp, ${condition})`), included: false }
  }
  return { at: scan.aggregate(dateOf(traitOf(since.trait, scan).sql, scan)), included: true }
}
