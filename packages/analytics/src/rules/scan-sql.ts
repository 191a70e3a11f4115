import type { ProfileId } from '@tenon/kernel/contracts'
import {
  askedSource,
  eventsSource,
  type Fragment,
  instant,
  membersSource,
  type Population,
  populationFilter,
  type Scope,
  tagValuesSource,
} from '../sources.ts'
import type { Scan } from './scan.ts'

export interface ScanScope {
  /** Everybody without it. */
  readonly asked: readonly ProfileId[] | undefined
  readonly population: Population | undefined
  /** Whether events that nothing reads must be seen too, because they prove that a person exists. */
  readonly everyEvent: boolean
  /** Whether asked profiles without any event are left out, as they are among everybody. */
  readonly knownOnly: boolean
}

/**
 * The rows of one scan: events, and beside them the tag values, memberships and asked profiles that are read, as rows of their
 * own without a name. One GROUP BY over all of them needs no join, and a person without events is there too.
 */
export function scanSql(scan: Scan, scope: ScanScope): Fragment {
  const columns = scan.columnsSql()
  const population = populationFilter(scope.population)
  const sources = [eventRows(scan, scope), ...tagRows(scan, scope), ...segmentRows(scan, scope), ...askedRows(scan, scope)]
  const aggregates = ['profile', ...scan.aggregatesSql()].join(',\n    ')
  // A person of nobody's asking exists once there is an event; a name is never empty.
  const exists = scope.asked !== undefined && !scope.knownOnly ? '' : `\n  HAVING countIf(name != '') > 0`
  const sql = `SELECT ${aggregates}
  FROM (
    SELECT ${['*', ...columns].join(',\n      ')}
    FROM (
      ${sources.join('\n      UNION ALL\n      ')}
    )
    WHERE ${population.sql}
  )
  GROUP BY profile${exists}`
  const params = {
    ...scan.params,
    ...population.params,
    ...(scan.tags.size > 0 ? { tags: [...scan.tags].sort() } : {}),
    ...(scan.segments.size > 0 ? { segments: [...scan.segments].sort() } : {}),
    ...(scope.asked === undefined ? {} : { profiles: scope.asked }),
  }
  return { sql, params }
}

const scopeOf = ({ asked }: ScanScope): Scope => (asked === undefined ? 'everybody' : 'asked')

const select = (row: Readonly<Record<string, string>>, from: string): string =>
  `SELECT ${Object.entries(row)
    .map(([alias, sql]) => (alias === sql ? sql : `${sql} AS ${alias}`))
    .join(', ')} FROM ${from}`

/** A row that is no event, with the columns that the scan needs. */
function blank(scan: Scan): Readonly<Record<string, string>> {
  const epoch = `fromUnixTimestamp64Milli(toInt64(0), 'UTC')`
  return {
    profile: 'profile',
    name: `''`,
    timestamp: epoch,
    received_at: epoch,
    message_id: `''`,
    ...(scan.readsProperties ? { properties: `''` } : {}),
    ...(scan.readsTraits ? { traits: `''` } : {}),
    ...(scan.tags.size > 0 ? { tag: `''`, tag_value: `''` } : {}),
    ...(scan.segments.size > 0 ? { segment: `''` } : {}),
  }
}

function eventRows(scan: Scan, scope: ScanScope): string {
  const row = {
    ...blank(scan),
    name: 'name',
    timestamp: 'timestamp',
    received_at: 'received_at',
    message_id: 'message_id',
    ...(scan.readsProperties ? { properties: 'properties' } : {}),
    ...(scan.readsTraits ? { traits: 'traits' } : {}),
  }
  const named = `name IN ${scan.bind('Array(String)', [...scan.events].sort())}`
  const needed = scope.everyEvent ? '' : ` AND (${[named, ...(scan.readsTraits ? [`traits != '{}'`] : [])].join(' OR ')})`
  return `${select(row, eventsSource({ scope: scopeOf(scope) }))} WHERE timestamp <= ${instant('asOf')}${needed}`
}

function tagRows(scan: Scan, scope: ScanScope): readonly string[] {
  if (scan.tags.size === 0) return []
  const date = `toJSONString(concat(replaceOne(toString(fromUnixTimestamp64Milli(toInt64(number), 'UTC')), ' ', 'T'), 'Z'))`
  const value = `multiIf(type = 'number', toJSONString(number), type = 'boolean', if(number = 0, 'false', 'true'), type = 'string', toJSONString(text), type = 'list', toJSONString(list), ${date})`
  const row = { ...blank(scan), tag: 'toString(tag)', tag_value: value }
  return [`${select(row, tagValuesSource({ scope: scopeOf(scope), tags: true }))}`]
}

function segmentRows(scan: Scan, scope: ScanScope): readonly string[] {
  if (scan.segments.size === 0) return []
  const row = { ...blank(scan), segment: 'toString(segment)' }
  return [`${select(row, membersSource({ scope: scopeOf(scope), segments: true }))}`]
}

const askedRows = (scan: Scan, scope: ScanScope): readonly string[] =>
  scope.asked !== undefined && !scope.knownOnly ? [select(blank(scan), askedSource())] : []
