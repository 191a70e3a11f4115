import type { Clock, ProfileId, Reason, TagValue } from '@tenon/kernel/contracts'
import type { Engine } from '../engine/engine.ts'
import { batch } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { instant, tagHistorySource, tagValuesSource } from '../sources.ts'
import { insertRows, type RowFormat } from '../writer/insert-rows.ts'
import { dateTime, json, latest, text, texts } from '../writer/tsv.ts'
import { fromCells, type TagValueCells, toCells } from './tag-value-cells.ts'

export interface TagRecord {
  readonly tag: string
  /** A row without a value takes the value away. */
  readonly rows: readonly { readonly profile: ProfileId; readonly value?: TagValue; readonly reasons?: readonly Reason[] }[]
  /** The instant that the values are of. */
  readonly asOf: Date
  /** Names the evaluation: recording the same one again changes nothing. */
  readonly evaluation: string
}

export interface TagValueAt {
  readonly value: TagValue
  readonly at: Date
  readonly reasons: readonly Reason[]
}

interface Options {
  /** As it was then; without it, the newest. */
  readonly asOf?: Date
  readonly signal?: AbortSignal
}

/** Values of tags with their whole history. Of merged profiles the newest value holds. */
export interface TagValues {
  record(record: TagRecord, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** By survivor, then by tag; who has no value is absent. */
  of(
    profiles: readonly ProfileId[],
    tags?: readonly string[],
    options?: Options,
  ): Promise<ReadonlyMap<ProfileId, Readonly<Record<string, TagValueAt>>>>
  /** Pages of everybody who has a value of the tag. */
  all(tag: string, options?: Options): AsyncIterable<readonly { readonly profile: ProfileId; readonly value: TagValue }[]>
  /** The tags that somebody has a value of. */
  tags(options?: Options): Promise<readonly string[]>
  /** How many people have which value, the most frequent first; people with a list count for each of its members. */
  distribution(
    tag: string,
    options?: Options & { readonly limit?: number },
  ): Promise<readonly { readonly value: TagValue; readonly people: number }[]>
  /** Every value that it ever had, the newest first; `value` is absent where it was taken away. */
  history(
    profile: ProfileId,
    tag: string,
    options?: { readonly limit?: number; readonly signal?: AbortSignal },
  ): Promise<readonly { readonly value?: TagValue; readonly at: Date; readonly reasons: readonly Reason[] }[]>
}

interface TagRow extends TagValueCells {
  readonly workspace: string
  readonly tag: string
  readonly profile: ProfileId
  readonly asOf: Date
  readonly evaluatedAt: Date
  readonly reasons: readonly Reason[]
  readonly evaluation: string
}

const format: RowFormat<TagRow> = Object.freeze({
  table: 'tag_values',
  columns: ['workspace', 'tag', 'profile', 'as_of', 'evaluated_at', 'type', 'number', 'text', 'list', 'reasons', 'evaluation'],
  naturals: ({ profile }: TagRow) => ({ profile }),
  dates: ({ asOf, evaluatedAt }: TagRow) => ({ as_of: asOf, evaluated_at: evaluatedAt }),
  line: (row: TagRow): string =>
    [
      text(row.workspace),
      text(row.tag),
      row.profile,
      dateTime(row.asOf),
      dateTime(row.evaluatedAt),
      row.type,
      row.number,
      text(row.text),
      texts(row.list),
      json(row.reasons),
      text(row.evaluation),
    ].join('\t'),
})

interface ReadRow extends TagValueCells {
  readonly profile: ProfileId
  readonly tag: string
  readonly at: number
  readonly reasons: string
}

const CELLS = 'toString(type) AS type, number, text, list, toUnixTimestamp64Milli(as_of) AS at, reasons'

const DEFAULT_LIMIT = 1_000

export function tagValuesOf(engine: Engine, query: WorkspaceQuery, clock: Clock): TagValues {
  const { workspace } = query
  const until = (options: Options | undefined): number => (options?.asOf ?? latest).getTime()

  async function* all(tag: string, options?: Options): AsyncGenerator<readonly { profile: ProfileId; value: TagValue }[]> {
    const pages = query.pages<ReadRow>({
      operation: 'values of a tag',
      sql: `SELECT profile, ${CELLS} FROM ${tagValuesSource({ tags: true })}`,
      params: { tags: [tag], asOf: until(options) },
      limits: batch,
      signal: options?.signal,
    })
    for await (const page of pages) {
      yield page.flatMap((row) => {
        const value = fromCells(row)
        return value === undefined ? [] : [Object.freeze({ profile: row.profile, value })]
      })
    }
  }

  return Object.freeze({
    all,

    record: async ({ tag, rows, asOf, evaluation }: TagRecord, options?: { readonly signal?: AbortSignal }) => {
      const evaluatedAt = clock.now()
      const cells = rows.map(({ profile, value, reasons = [] }) => ({
        ...toCells(value),
        workspace,
        tag,
        profile,
        asOf,
        evaluatedAt,
        reasons,
        evaluation,
      }))
      await insertRows(engine, format, cells, { token: JSON.stringify([workspace, tag, evaluation]), signal: options?.signal })
    },

    of: async (...[profiles, tags, options]: Parameters<TagValues['of']>) => {
      const pages = query.pages<ReadRow>({
        operation: 'tags of profiles',
        sql: `SELECT profile, tag, ${CELLS} FROM ${tagValuesSource({ scope: 'asked', tags: tags !== undefined })} ORDER BY profile, tag`,
        params: { profiles, asOf: until(options), ...(tags === undefined ? {} : { tags }) },
        limits: batch,
        signal: options?.signal,
      })
      const byProfile = new Map<ProfileId, [tag: string, held: TagValueAt][]>()
      for await (const page of pages) {
        for (const row of page) {
          const entries = byProfile.get(row.profile) ?? []
          byProfile.set(row.profile, entries)
          const value = fromCells(row)
          if (value !== undefined) entries.push([row.tag, Object.freeze({ value, at: new Date(row.at), reasons: reasons(row) })])
        }
      }
      return new Map([...byProfile].map(([profile, entries]) => [profile, Object.freeze(Object.fromEntries(entries))]))
    },

    tags: async (options?: Options) => {
      const rows = await query.rows<{ tag: string }>({
        operation: 'tags with values',
        sql: `SELECT DISTINCT toString(tag) AS tag FROM ${tagValuesSource({ alias: 'tagged' })} ORDER BY tag`,
        params: { asOf: until(options) },
        limits: batch,
        signal: options?.signal,
      })
      return rows.map(({ tag }) => tag)
    },

    distribution: async (...[tag, options]: Parameters<TagValues['distribution']>) => {
      const rows = await query.rows<TagValueCells & { people: number }>({
        operation: 'distribution of a tag',
        sql: `SELECT if(tagged.type = 'list', 'string', toString(tagged.type)) AS type, tagged.number AS number, cell AS text, [] AS list, count() AS people
FROM ${tagValuesSource({ tags: true, alias: 'tagged' })}
ARRAY JOIN if(tagged.type = 'list', arrayDistinct(tagged.list), [tagged.text]) AS cell
GROUP BY type, number, text
ORDER BY people DESC, type, number, text
LIMIT {limit:UInt32}`,
        params: { tags: [tag], asOf: until(options), limit: options?.limit ?? DEFAULT_LIMIT },
        limits: batch,
        signal: options?.signal,
      })
      return rows.flatMap((row) => {
        const value = fromCells(row)
        return value === undefined ? [] : [Object.freeze({ value, people: row.people })]
      })
    },

    history: async (...[profile, tag, options]: Parameters<TagValues['history']>) => {
      const rows = await query.rows<ReadRow>({
        operation: 'history of a tag',
        sql: `SELECT ${CELLS} FROM ${tagHistorySource({ scope: 'asked', tags: true })}
WHERE as_of <= ${instant('asOf')}
ORDER BY as_of DESC, evaluated_at DESC
LIMIT {limit:UInt32}`,
        params: { profiles: [profile], tags: [tag], asOf: latest.getTime(), limit: options?.limit ?? DEFAULT_LIMIT },
        signal: options?.signal,
      })
      return rows.map((row) => {
        const value = fromCells(row)
        return Object.freeze({ ...(value === undefined ? {} : { value }), at: new Date(row.at), reasons: reasons(row) })
      })
    },
  })
}

/** Written by this package alone. */
const reasons = (row: { readonly reasons: string }): readonly Reason[] => JSON.parse(row.reasons)
