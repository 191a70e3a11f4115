import type { ProfileId } from '@tenon/kernel/contracts'
import type { ParamValue } from './engine/engine.ts'

/**
 * What every read starts from: rows of one workspace whose `profile` is already the person that it means today, whatever id
 * the row was written with. What names these tables elsewhere asks nothing about people: `sources.test.ts` lists it, each with its reason.
 *
 * Bound parameters: `workspace`, always; `profiles` where the scope is `asked` (the query looks up who they are today); `asOf` (milliseconds) where the text says so.
 */

/**
 * `everybody`, or `asked`: those of the parameter `profiles` and all that were merged into them. A merged id asks for its
 * survivor. `asked` reads by the primary key, so its cost grows with their history and not with that of all.
 */
export type Scope = 'everybody' | 'asked'

export interface SourceOptions {
  readonly alias?: string | undefined
  readonly scope?: Scope | undefined
}

/** Who may be processed for a purpose: everybody but the exceptions (`default: true`), or the exceptions alone. */
export interface Population {
  readonly default: boolean
  readonly exceptions: readonly ProfileId[]
}

/** SQL with the values of its `{name:Type}` parameters; `workspace` is bound by whoever runs it. */
export interface Fragment {
  readonly sql: string
  readonly params: Readonly<Record<string, ParamValue>>
}

/**
 * Columns of {@link eventsSource}. `stored_profile` is the id that the event came with, `own_profile` whose it is by itself: the same,
 * until an unmerge or a squash says otherwise.
 */
export const eventColumns = Object.freeze([
  'profile',
  'stored_profile',
  'own_profile',
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
] as const)

/** Columns of {@link tagValuesSource}. */
export const tagColumns = Object.freeze(['profile', 'tag', 'type', 'number', 'text', 'list', 'reasons', 'as_of', 'evaluated_at'] as const)

/**
 * Events as a subquery with the columns {@link eventColumns}; events of nobody are left out.
 * `properties`, `traits`, `context` and `group_traits` are JSON objects as text, `timestamp` is DateTime64(3, 'UTC').
 *
 * @example `SELECT profile, count() FROM ${eventsSource()} WHERE timestamp <= ${instant('asOf')} GROUP BY profile`
 */
export function eventsSource(options: SourceOptions = {}): string {
  const columns = eventColumns.filter((column) => column !== 'profile' && column !== 'stored_profile' && column !== 'own_profile')
  const ids = ['row.profile AS stored_profile', 'row.person AS own_profile']
  return resolved({ ...options, table: 'events', columns: [...ids, ...columns.map((column) => `row.${column}`)] })
}

/**
 * All values that tags ever had, with the columns {@link tagColumns}. `type` is boolean, number, string, list or date, or `none`
 * where a profile lost its value; with `tags`, only of the parameter `tags`. `number` holds booleans as 0 and 1 and dates as milliseconds, `text` strings, `list` lists.
 */
export function tagHistorySource(options: SourceOptions & { readonly tags?: boolean } = {}): string {
  const columns = tagColumns.filter((column) => column !== 'profile').map((column) => `row.${column}`)
  const where = options.tags === true ? 'row.tag IN {tags:Array(String)}' : undefined
  return resolved({ ...options, table: 'tag_values', columns, where })
}

/** The value of each tag of each profile at the parameter `asOf`: one row per (profile, tag), none where there is no value. */
export function tagValuesSource(options: SourceOptions & { readonly tags?: boolean } = {}): string {
  const last = (column: string): string => `argMax(${column}, tuple(as_of, evaluated_at)) AS ${column}_now`
  const columns = ['type', 'number', 'text', 'list', 'reasons'] as const
  return subquery(
    `SELECT profile, tag, ${columns.map((column) => `${column}_now AS ${column}`).join(', ')}, last_as_of AS as_of, last_at AS evaluated_at
FROM (
  SELECT profile, tag, ${columns.map(last).join(', ')}, max(tuple(as_of, evaluated_at)) AS latest, latest.1 AS last_as_of, latest.2 AS last_at
  FROM ${tagHistorySource({ ...options, alias: undefined })}
  WHERE as_of <= ${instant('asOf')}
  GROUP BY profile, tag
)
WHERE type_now != 'none'`,
    options.alias,
  )
}

/**
 * Everything ever told about membership: `profile`, `stored_profile`, `segment`, `at`, `entered` (1 or 0), `recorded_at`,
 * `evaluation`; with `segments`, only about those of the parameter `segments`.
 */
export function transitionsSource(options: SourceOptions & { readonly segments?: boolean } = {}): string {
  const told = ['segment', 'at', 'entered', 'recorded_at', 'evaluation'].map((column) => `row.${column}`)
  const columns = ['row.profile AS stored_profile', ...told]
  const where = options.segments === true ? 'row.segment IN {segments:Array(String)}' : undefined
  return resolved({ ...options, table: 'segment_transitions', columns, where })
}

/**
 * A page of the log of transitions as it was recorded, after the position in the parameters `recorded`, `segment` and `profile`:
 * `limit` rows of {@link transitionsSource} at the most, without `evaluation`. The page is cut before anybody asks who these people
 * are today, so that it costs as much as itself.
 */
export const transitionsFeedSource = (alias: string): string => `(SELECT if(merged.profile = 0, row.person, merged.profile) AS profile,
  row.profile AS stored_profile, row.segment, row.at, row.entered, row.recorded_at
FROM (
  SELECT profile, person, segment, at, entered, recorded_at FROM segment_transitions
  WHERE workspace = {workspace:String} AND profile != 0 AND recorded_at >= ${instant('recorded')}
    AND (recorded_at > ${instant('recorded')} OR tuple(toString(segment), profile) > tuple({segment:String}, {profile:UInt64}))
  ORDER BY recorded_at, segment, profile
  LIMIT {limit:UInt32}
) AS row
LEFT ANY JOIN (${neededOverrides()}) AS merged ON row.person = merged.old_profile) AS ${alias}`

/**
 * Members of segments at the parameter `asOf` by the last transition: one row `profile`, `segment`, `since` per membership.
 * After a merge the survivor is where the last transition of either of them has put it.
 */
export function membersSource(options: SourceOptions & { readonly segments?: boolean } = {}): string {
  return subquery(
    `SELECT profile, segment, latest.1 AS since
FROM (
  SELECT profile, segment, max(tuple(at, recorded_at, entered)) AS latest
  FROM ${transitionsSource({ ...options, alias: undefined })}
  WHERE at <= ${instant('asOf')}
  GROUP BY profile, segment
)
WHERE latest.3 = 1`,
    options.alias,
  )
}

/** Who has events in the batches after the parameter `after`, up to `upTo`: one row `profile` per batch and stored id, read by batch. */
export const touchedSource = (): string => `(SELECT if(merged.profile = 0, row.profile, merged.profile) AS profile
FROM (
  SELECT DISTINCT profile FROM events
  WHERE workspace = {workspace:String} AND batch > {after:UInt64} AND batch <= {upTo:UInt64} AND profile != 0
) AS row
LEFT ANY JOIN (${overrides()}) AS merged ON row.profile = merged.old_profile)`

/**
 * Some events of everybody and of nobody (`profile` 0), with `type`, `name`, `identifiers` and what they say. `chosen` says which: all that
 * follows `FROM events`. They are chosen before anybody asks who these people are today, so that it costs as much as they are.
 */
export const chosenEventsSource = (chosen: string): string => `(SELECT if(merged.profile = 0, row.person, merged.profile) AS profile,
  row.type AS type, row.name AS name, row.identifiers AS identifiers, row.properties AS properties, row.traits AS traits,
  row.context AS context, row.group_traits AS group_traits
FROM (
  SELECT person, type, name, identifiers, properties, traits, context, group_traits FROM events
  ${chosen}
) AS row
LEFT ANY JOIN (${neededOverrides()}) AS merged ON row.person = merged.old_profile)`

/** The instant in a parameter of milliseconds, as DateTime64(3). */
export const instant = (parameter: string): string => `fromUnixTimestamp64Milli({${parameter}:Int64}, 'UTC')`

/**
 * A condition on a resolved profile column. Where everybody but the exceptions may be processed, whoever an exception was merged
 * into is one too; where only the exceptions may, a merge lets nobody in. So an outdated list errs to the strict side.
 */
export function populationFilter(population: Population | undefined, column = 'profile'): Fragment {
  if (population === undefined || (population.default && population.exceptions.length === 0)) return { sql: '1', params: {} }
  const params = { exceptions: population.exceptions }
  const exceptions = 'SELECT arrayJoin({exceptions:Array(UInt64)}) AS id'
  if (!population.default) return { sql: `${column} IN (${exceptions})`, params }
  const merged = overrides('AND old_profile IN (SELECT id FROM excepted)')
  return {
    sql: `${column} NOT IN (WITH excepted AS (${exceptions}) SELECT id FROM excepted UNION ALL SELECT profile FROM (${merged}))`,
    params,
  }
}

/** Who the asked profiles are today, each once: `profile`. */
export const askedSource = (): string => '(SELECT arrayJoin({profiles:Array(UInt64)}) AS profile)'

/** The latest override of each merged id, of those that a condition keeps. */
function overrides(condition = ''): string {
  return `SELECT old_profile, argMax(profile, version) AS profile FROM profile_overrides WHERE workspace = {workspace:String} ${condition} GROUP BY old_profile`
}

/** Those that some row still needs: the squash rewrites rows and then sets their overrides aside. */
const neededOverrides = (): string => overrides('AND settled = 0')

/** For asked profiles the query has looked the overrides up before: `askedParams` binds them. */
function resolved(
  options: SourceOptions & {
    readonly table: 'events' | 'tag_values' | 'segment_transitions'
    readonly columns: readonly string[]
    readonly where?: string | undefined
  },
): string {
  const { table, columns, where = '1' } = options
  const everybody = {
    person: 'if(merged.profile = 0, row.person, merged.profile)',
    rows: `${table} AS row\nLEFT ANY JOIN (${neededOverrides()}) AS merged ON row.person = merged.old_profile`,
    stored: 'row.profile != 0',
  }
  const personOfRow = 'transform(row.person, {mergedFrom:Array(UInt64)}, {mergedInto:Array(UInt64)}, row.person)'
  const asked = {
    person: personOfRow,
    rows: `${table} AS row`,
    // A stored profile may hold rows of somebody else, see `reassigned_profiles`.
    stored: `row.profile IN (SELECT arrayJoin({storedProfiles:Array(UInt64)})) AND ${personOfRow} IN (SELECT arrayJoin({profiles:Array(UInt64)}))`,
  }
  const { person, rows, stored } = options.scope === 'asked' ? asked : everybody
  return subquery(
    `SELECT ${person} AS profile, ${columns.join(', ')}
FROM ${rows}
WHERE row.workspace = {workspace:String} AND ${stored} AND ${where}`,
    options.alias,
  )
}

const subquery = (sql: string, alias: string | undefined): string => `(${sql})${alias === undefined ? '' : ` AS ${alias}`}`
