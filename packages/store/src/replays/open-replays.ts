import { type Selectable, sql } from 'kysely'
import { again, type Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import type { Tables } from '../database/tables.ts'
import { isUuid, uuid7 } from '../database/uuid7.ts'
import type { Replay, Replays } from './replays.ts'

export function openReplays(scope: Scope): Replays {
  const { db, workspace, clock } = scope
  const select = () => db.selectFrom('tenon.replays').selectAll().where('workspace', '=', workspace)
  const change = (id: string) =>
    db.updateTable('tenon.replays').where('workspace', '=', workspace).where('id', '=', id).where('state', '=', 'running')

  return Object.freeze({
    async create({ filter, found, requestedBy }) {
      const now = clock.now()
      const row = await db
        .insertInto('tenon.replays')
        .values({
          workspace,
          id: uuid7(now),
          filter: storableJson(filter),
          state: 'running',
          found,
          requested_by: requestedBy,
          created_at: now,
          updated_at: now,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      return replayOf(row)
    },
    get: (id) =>
      again(scope, async () => {
        if (!isUuid(id)) return undefined
        const row = await select().where('id', '=', id).executeTakeFirst()
        return row && replayOf(row)
      }),
    list: ({ limit }) =>
      again(scope, async () => (await select().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()).map(replayOf)),
    running: () => again(scope, async () => (await select().where('state', '=', 'running').orderBy('created_at').execute()).map(replayOf)),
    // Not tried again by itself: it adds, and its caller goes on from what is written down.
    async advance(id, { from, to, queued }) {
      const { numUpdatedRows } = await change(id)
        .where('cursor', 'is not distinct from', from ?? null)
        .set({ cursor: to, queued: sql`queued + ${queued}`, updated_at: clock.now() })
        .executeTakeFirstOrThrow()
      return numUpdatedRows > 0n
    },
    end: (id, state) =>
      again(scope, async () => {
        if (!isUuid(id)) return false
        const { numUpdatedRows } = await change(id).set({ state, updated_at: clock.now() }).executeTakeFirstOrThrow()
        return numUpdatedRows > 0n
      }),
  } satisfies Replays)
}

const replayOf = (row: Selectable<Tables['tenon.replays']>): Replay =>
  Object.freeze({
    id: row.id,
    filter: row.filter,
    state: row.state,
    ...(row.cursor !== null && { cursor: row.cursor }),
    found: row.found,
    queued: row.queued,
    stored: row.stored,
    duplicate: row.duplicate,
    dropped: row.dropped,
    failed: row.failed,
    requestedBy: row.requested_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  })
