import type { Clock, ProfileId } from '@tenon/kernel/contracts'
import type { Engine } from '../engine/engine.ts'
import { batch, interactive } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { decodeCursor, encodeCursor, type Page, pageOf } from '../reads/cursor.ts'
import { membersSource, transitionsFeedSource } from '../sources.ts'
import { insertRows, type RowFormat } from '../writer/insert-rows.ts'
import { dateTime, latest, text } from '../writer/tsv.ts'

/** Who entered and who left a segment by one evaluation. */
export interface TransitionRecord {
  readonly segment: string
  readonly enter: readonly ProfileId[]
  readonly exit: readonly ProfileId[]
  /** The instant that the rule was evaluated at. */
  readonly at: Date
  /** Names the evaluation: recording the same one again changes nothing. */
  readonly evaluation: string
  /**
   * Its position in the log; the time now without it. Readers of the log go by it, so whoever has readers gives each record of a
   * workspace a later one than the record before, whatever the clocks of its processes say.
   */
  readonly recordedAt?: Date
}

export interface Member {
  readonly profile: ProfileId
  readonly since: Date
}

/** One line of the log: somebody entered or left a segment. */
export interface ToldTransition {
  /** Who it is today. */
  readonly profile: ProfileId
  readonly segment: string
  readonly entered: boolean
  readonly at: Date
  readonly recordedAt: Date
}

/** The log of what was told about membership. Who is a member is what the last transition of the person says. */
export interface Transitions {
  /** Writes one evaluation of one segment, as a whole. */
  record(record: TransitionRecord, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Members as last told, among these profiles or all, by id. Merged ids are told as their survivor. */
  told(segment: string, profiles?: readonly ProfileId[], options?: { readonly signal?: AbortSignal }): Promise<readonly ProfileId[]>
  /** Members as last told, of many segments in one look; a segment without members is absent. */
  toldOf(
    segments: readonly string[],
    profiles?: readonly ProfileId[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, readonly ProfileId[]>>
  members(request: {
    readonly segment: string
    readonly limit: number
    readonly cursor?: string
    readonly signal?: AbortSignal
  }): Promise<Page<Member>>
  segmentsOf(
    profile: ProfileId,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly { readonly segment: string; readonly since: Date }[]>
  size(segment: string, options?: { readonly signal?: AbortSignal }): Promise<number>
  /** The segments that somebody is in. */
  segments(options?: { readonly signal?: AbortSignal }): Promise<readonly string[]>
  /**
   * What was recorded after a position, in the order of recording: how others react to transitions. `cursor` is the position
   * after the last row, or the given one where there is none: keep it with what was done about the rows, and each is read once.
   */
  since(request: {
    readonly after?: string
    readonly limit: number
    readonly signal?: AbortSignal
  }): Promise<{ readonly rows: readonly ToldTransition[]; readonly cursor: string | undefined }>
}

interface TransitionRow {
  readonly workspace: string
  readonly segment: string
  readonly profile: ProfileId
  readonly at: Date
  readonly entered: 0 | 1
  readonly recordedAt: Date
  readonly evaluation: string
}

interface FeedRow {
  readonly profile: ProfileId
  readonly stored: ProfileId
  readonly name: string
  readonly entered: 0 | 1
  readonly instant: number
  readonly recorded: number
}

const format: RowFormat<TransitionRow> = Object.freeze({
  table: 'segment_transitions',
  columns: ['workspace', 'segment', 'profile', 'at', 'entered', 'recorded_at', 'evaluation'],
  naturals: ({ profile }: TransitionRow) => ({ profile }),
  dates: ({ at, recordedAt }: TransitionRow) => ({ at, recorded_at: recordedAt }),
  line: (row: TransitionRow): string =>
    [
      text(row.workspace),
      text(row.segment),
      row.profile,
      dateTime(row.at),
      row.entered,
      dateTime(row.recordedAt),
      text(row.evaluation),
    ].join('\t'),
})

/** Transitions of any instant are told: the newest counts. */
const EVER = latest.getTime()

export function transitionsOf(engine: Engine, query: WorkspaceQuery, clock: Clock): Transitions {
  const { workspace } = query

  const toldOf: Transitions['toldOf'] = async (segments, profiles, options) => {
    const rows = await query.rows<{ segment: string; profiles: readonly ProfileId[] }>({
      operation: 'members as told',
      sql: `SELECT segment, arraySort(groupArray(profile)) AS profiles
FROM ${membersSource({ scope: profiles === undefined ? 'everybody' : 'asked', segments: true })}
GROUP BY segment`,
      params: { segments, asOf: EVER, ...(profiles === undefined ? {} : { profiles }) },
      limits: batch,
      signal: options?.signal,
    })
    return new Map(rows.map((row) => [row.segment, Object.freeze(row.profiles)]))
  }

  return Object.freeze({
    toldOf,
    told: async (...[segment, profiles, options]: Parameters<Transitions['told']>) =>
      (await toldOf([segment], profiles, options)).get(segment) ?? [],

    record: async (
      { segment, enter, exit, at, evaluation, recordedAt = clock.now() }: TransitionRecord,
      options?: { readonly signal?: AbortSignal },
    ) => {
      const row = (profile: ProfileId, entered: 0 | 1): TransitionRow => ({
        workspace,
        segment,
        profile,
        at,
        entered,
        recordedAt,
        evaluation,
      })
      // In the order of the positions within the record: it may go in pieces, and a reader may come in between.
      const rows = [...enter.map((profile) => row(profile, 1)), ...exit.map((profile) => row(profile, 0))].sort(
        (left, right) => left.profile - right.profile,
      )
      await insertRows(engine, format, rows, { token: JSON.stringify([workspace, segment, evaluation]), signal: options?.signal })
    },

    members: async ({ segment, limit, cursor, signal }: Parameters<Transitions['members']>[0]) => {
      const [after = 0] = cursor === undefined ? [] : decodeCursor(cursor, ['natural'])
      const rows = await query.rows<{ profile: ProfileId; at: number }>({
        operation: 'members of a segment',
        sql: `SELECT profile, toUnixTimestamp64Milli(since) AS at
FROM ${membersSource({ segments: true })}
WHERE profile > {after:UInt64}
ORDER BY profile
LIMIT {limit:UInt32}`,
        params: { segments: [segment], asOf: EVER, after, limit: limit + 1 },
        signal,
      })
      const page = pageOf(rows, limit, (row) => [row.profile])
      return Object.freeze({ ...page, rows: page.rows.map(({ profile, at }) => Object.freeze({ profile, since: new Date(at) })) })
    },

    segmentsOf: async (profile: ProfileId, options?: { readonly signal?: AbortSignal }) => {
      const rows = await query.rows<{ segment: string; at: number }>({
        operation: 'segments of a profile',
        sql: `SELECT segment, toUnixTimestamp64Milli(since) AS at FROM ${membersSource({ scope: 'asked' })} ORDER BY segment`,
        params: { profiles: [profile], asOf: EVER },
        limits: interactive,
        signal: options?.signal,
      })
      return rows.map(({ segment, at }) => Object.freeze({ segment, since: new Date(at) }))
    },

    size: async (segment: string, options?: { readonly signal?: AbortSignal }) => {
      const [row] = await query.rows<{ members: number }>({
        operation: 'size of a segment',
        sql: `SELECT count() AS members FROM ${membersSource({ segments: true })}`,
        params: { segments: [segment], asOf: EVER },
        signal: options?.signal,
      })
      return row?.members ?? 0
    },

    segments: async (options?: { readonly signal?: AbortSignal }) => {
      const rows = await query.rows<{ segment: string }>({
        operation: 'segments with members',
        sql: `SELECT DISTINCT toString(segment) AS segment FROM ${membersSource({ alias: 'members' })} ORDER BY segment`,
        params: { asOf: EVER },
        limits: batch,
        signal: options?.signal,
      })
      return rows.map(({ segment }) => segment)
    },

    since: async ({ after, limit, signal }: Parameters<Transitions['since']>[0]) => {
      // The place of a row is the id that it was written with: who that is today may change between two pages.
      const [recorded = 0, segment = '', profile = 0] = after === undefined ? [] : decodeCursor(after, ['instant', 'text', 'natural'])
      const rows = await query.rows<FeedRow>({
        operation: 'transitions since a position',
        sql: `SELECT profile, stored_profile AS stored, toString(told.segment) AS name, entered,
  toUnixTimestamp64Milli(told.at) AS instant, toUnixTimestamp64Milli(recorded_at) AS recorded
FROM ${transitionsFeedSource('told')}
ORDER BY recorded_at, name, stored_profile`,
        params: { recorded, segment, profile, limit },
        limits: interactive,
        signal,
      })
      const last = rows.at(-1)
      return Object.freeze({
        rows: rows.map((row) =>
          Object.freeze({
            profile: row.profile,
            segment: row.name,
            entered: row.entered === 1,
            at: new Date(row.instant),
            recordedAt: new Date(row.recorded),
          }),
        ),
        cursor: last === undefined ? after : encodeCursor([last.recorded, last.name, last.stored]),
      })
    },
  })
}
