import { type Selectable, sql } from 'kysely'
import { again, type Scope } from '../database/session.ts'
import { storableJson, storableText } from '../database/storable.ts'
import { storableKey } from '../database/storable-key.ts'
import type { Tables } from '../database/tables.ts'
import { violatedIndex } from '../database/transient.ts'
import { isUuid, uuid7 } from '../database/uuid7.ts'
import type { Imports, StoredImport } from './imports.ts'

const UNDER_WAY = ['queued', 'running'] as const

export function openImports(scope: Scope): Imports {
  const { db, workspace, clock } = scope
  const select = () => db.selectFrom('tenon.imports').selectAll().where('workspace', '=', workspace)
  const change = (id: string) => db.updateTable('tenon.imports').where('workspace', '=', workspace).where('id', '=', id)

  return Object.freeze({
    create: (request) => {
      const now = clock.now()
      const id = uuid7(now)
      const values = {
        workspace,
        id,
        key: storableKey('key of an import', request.key),
        state: 'queued' as const,
        source: storableJson(request.source),
        mapping: storableJson(request.mapping),
        max_failures: request.maxFailures,
        created_at: now,
        updated_at: now,
      }
      return again(scope, async () => {
        const made = await unlessUnderWay(() => db.insertInto('tenon.imports').values(values).returningAll().executeTakeFirstOrThrow())
        // A first try whose answer was lost stands in its own way.
        const row = made ?? (await select().where('id', '=', id).executeTakeFirst())
        return row && importOf(row)
      })
    },
    get: (id) =>
      again(scope, async () => {
        const row = isUuid(id) ? await select().where('id', '=', id).executeTakeFirst() : undefined
        return row && importOf(row)
      }),
    list: ({ limit, before }) =>
      again(scope, async () => {
        const page = select().orderBy('created_at', 'desc').orderBy('id').limit(limit)
        const rows = await (before === undefined
          ? page
          : page.where(sql<boolean>`(created_at < ${before.createdAt} or (created_at = ${before.createdAt} and id > ${before.id}::uuid))`)
        ).execute()
        return rows.map(importOf)
      }),
    unfinished: () =>
      again(scope, async () => (await select().where('state', 'in', UNDER_WAY).orderBy('created_at').execute()).map(importOf)),
    begin: (id, { pieces, totalRows }) =>
      again(scope, async () => {
        const known = storableJson(pieces)
        const { numUpdatedRows } = await change(id)
          .where('state', 'in', UNDER_WAY)
          .set({
            state: 'running',
            updated_at: clock.now(),
            pieces: sql`coalesce(pieces, ${known}::jsonb)`,
            // Whoever begins with the first row marks all of them; of one that an older process has begun some are not.
            ...{ became_stored: counted('became_stored'), became_duplicate: counted('became_duplicate') },
            ...{ became_failed: counted('became_failed'), became_dropped: counted('became_dropped') },
            ...(totalRows === undefined ? {} : { total_rows: totalRows }),
          })
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    advance: (id, { place, counts }) =>
      again(scope, async () => {
        const { numUpdatedRows } = await change(id)
          .where('state', '=', 'running')
          .set({ ...counts, piece: place.piece, piece_rows: place.rows, after_key: place.after ?? null, updated_at: clock.now() })
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    finish: (id, outcome) =>
      again(scope, async () => {
        const now = clock.now()
        const error = outcome.state === 'failed' ? storableJson({ ...outcome.error, message: storableText(outcome.error.message) }) : null
        await change(id).where('state', 'in', UNDER_WAY).set({ state: outcome.state, error, updated_at: now, finished_at: now }).execute()
      }),
    cancel: (id) =>
      again(scope, async () => {
        if (!isUuid(id)) return false
        const now = clock.now()
        const { numUpdatedRows } = await change(id)
          .where('state', 'in', UNDER_WAY)
          .set({ state: 'cancelled', updated_at: now, finished_at: now })
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    resume: (id) =>
      again(scope, async () => {
        if (!isUuid(id)) return false
        const resumed = await unlessUnderWay(async () => {
          const { numUpdatedRows } = await change(id)
            .where('state', 'in', ['failed', 'cancelled'])
            .set({ state: 'queued', error: null, finished_at: null, updated_at: clock.now() })
            .executeTakeFirst()
          return numUpdatedRows > 0n
        })
        return resumed ?? false
      }),
  } satisfies Imports)
}

async function unlessUnderWay<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run()
  } catch (error) {
    if (violatedIndex(error) === 'imports_one_at_a_time') return undefined
    throw error
  }
}

const importOf = (row: Selectable<Tables['tenon.imports']>): StoredImport =>
  Object.freeze({
    ...{ id: row.id, key: row.key, state: row.state, source: row.source, mapping: row.mapping, maxFailures: row.max_failures },
    ...(row.pieces === null ? {} : { pieces: row.pieces }),
    place: { piece: row.piece, rows: row.piece_rows, ...(row.after_key === null ? {} : { after: row.after_key }) },
    ...(row.total_rows === null ? {} : { totalRows: row.total_rows }),
    counts: { rows: row.rows, accepted: row.accepted, failed: row.failed },
    ...becameOf(row),
    ...(row.error === null ? {} : { error: row.error }),
    ...{ createdAt: row.created_at, updatedAt: row.updated_at },
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
  })

const counted = (column: string) => sql<number>`case when rows = 0 then coalesce(${sql.ref(column)}, 0) else ${sql.ref(column)} end`

function becameOf(row: Selectable<Tables['tenon.imports']>): Pick<StoredImport, 'became'> {
  const { became_stored: stored, became_duplicate: duplicate, became_failed: failed, became_dropped: dropped } = row
  if (stored === null || duplicate === null || failed === null || dropped === null) return {}
  return { became: { stored, duplicate, failed, dropped } }
}
