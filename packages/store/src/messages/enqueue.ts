import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { storableKey } from '../database/storable-key.ts'
import { uuid7 } from '../database/uuid7.ts'
import { type MessageRow, messageOf } from './message-rows.ts'
import type { Messages, NewMessage } from './messages.ts'

/**
 * In one statement: the messages, and the first line of the ledger of each. A message behind one that waits for a later
 * attempt waits as long, so that the queue of a channel that is down holds nobody's attention.
 */
export async function enqueue({ db, workspace, clock }: Scope, given: readonly NewMessage[]): ReturnType<Messages['enqueue']> {
  if (given.length === 0) return []
  const now = clock.now()
  const keys = given.map(({ idempotencyKey }) => storableKey('idempotency key', idempotencyKey))
  const { rows: accepted } = await sql<MessageRow>`
    with accepted as (
      insert into tenon.messages (workspace, state, created_at, updated_at, id, idempotency_key, profile, channel, purpose, content, locale, next_attempt_at)
      select ${workspace}, 'queued', ${now}::timestamptz, ${now}::timestamptz, id, idempotency_key, profile, channel, purpose, content, locale,
        greatest(not_before, (
          select ahead.next_attempt_at from tenon.messages ahead
          where ahead.workspace = ${workspace} and ahead.channel = given.channel and ahead.profile = given.profile
            and ahead.state in ('queued', 'sending')
          order by ahead.place desc limit 1
        ))
      from unnest(
        ${given.map(() => uuid7(now))}::uuid[], ${keys}::text[], ${given.map(({ profile }) => profile)}::bigint[],
        ${given.map(({ channel }) => channel)}::text[], ${given.map(({ purpose }) => purpose)}::text[],
        ${given.map(({ content }) => storableJson(content))}::jsonb[], ${given.map(({ locale }) => locale ?? null)}::text[],
        ${given.map(({ notBefore }) => notBefore ?? now)}::timestamptz[]
      ) with ordinality as given (id, idempotency_key, profile, channel, purpose, content, locale, not_before, place)
      order by place
      on conflict (workspace, idempotency_key) do nothing
      returning *
    ), noted as (
      insert into tenon.deliveries (workspace, message, what, attempt, at, detail, told)
      select ${workspace}, id, 'queued', 0, ${now}::timestamptz, '{}', false from accepted
    )
    select * from accepted`.execute(db)
  const { rows: all } = await sql<MessageRow>`
    select * from tenon.messages where workspace = ${workspace} and idempotency_key = any(${keys}::text[])`.execute(db)

  const news = new Set(accepted.map(({ id }) => id))
  const byKey = new Map(all.map((row) => [row.idempotency_key, row]))
  return keys.flatMap((key) => {
    const row = byKey.get(key)
    // Of two with one key in a request the first is the news.
    return row ? [{ message: messageOf(row), accepted: news.delete(row.id) }] : []
  })
}
