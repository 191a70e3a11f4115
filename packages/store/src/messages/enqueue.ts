import type { ProfileId } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import { requestHash } from '../database/request-hash.ts'
import type { Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { storableKey } from '../database/storable-key.ts'
import { uuid7 } from '../database/uuid7.ts'
import { IdempotencyKeyReused } from '../errors.ts'
import { familyOf } from '../profiles/family.ts'
import { type MessageRow, messageOf } from './message-rows.ts'
import type { Messages, NewMessage } from './messages.ts'

/**
 * In one statement: the messages, and the first line of the ledger of each. A message behind one that waits for a later
 * attempt waits as long, so that the queue of a channel that is down holds nobody's attention.
 */
export async function enqueue(scope: Scope, given: readonly NewMessage[]): ReturnType<Messages['enqueue']> {
  if (given.length === 0) return []
  const { db, workspace, clock } = scope
  const now = clock.now()
  const hashes = given.map(hashOf)
  const keys = given.map(({ idempotencyKey }) => storableKey('idempotency key', idempotencyKey))
  const { rows: accepted } = await sql<MessageRow>`
    with accepted as (
      insert into tenon.messages (workspace, state, created_at, updated_at, id, idempotency_key, profile, channel, purpose, content, locale, request, next_attempt_at)
      select ${workspace}, 'queued', ${now}::timestamptz, ${now}::timestamptz, id, idempotency_key, profile, channel, purpose, content, locale, request,
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
        ${hashes}::bytea[], ${given.map(({ notBefore }) => notBefore ?? now)}::timestamptz[]
      ) with ordinality as given (id, idempotency_key, profile, channel, purpose, content, locale, request, not_before, place)
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
  const isSamePerson = await samePerson(scope, given, (index) => byKey.get(keys[index] ?? '')?.profile)
  return keys.flatMap((key, index) => {
    const row = byKey.get(key)
    if (row === undefined) return []
    const isSame = row.request === null || row.request.equals(hashes[index] ?? row.request)
    if (!isSame || !isSamePerson(index)) throw IdempotencyKeyReused.create({ idempotencyKey: key })
    // Of two with one key in a request the first is the news.
    return [{ message: messageOf(row), accepted: news.delete(row.id) }]
  })
}

const hashOf = ({ channel, purpose, content, locale, notBefore }: NewMessage): Buffer =>
  requestHash({ channel, purpose, content, locale: locale ?? null, notBefore: notBefore ?? null })

/** Whether a message is for whom the kept one is for. After a merge the same person comes with another profile. */
async function samePerson(
  { db, workspace }: Scope,
  given: readonly NewMessage[],
  keptFor: (index: number) => ProfileId | undefined,
): Promise<(index: number) => boolean> {
  const others = given.flatMap(({ profile }, index) => (profile === keptFor(index) ? [] : [profile]))
  if (others.length === 0) return () => true
  const { rows } = await sql<{ asked: ProfileId; member: ProfileId }>`
    select asked, member from ${familyOf(workspace, others)} as family`.execute(db)
  const families = Map.groupBy(rows, ({ asked }) => asked)
  return (index) => {
    const profile = given[index]?.profile
    const kept = keptFor(index)
    return profile === kept || (profile !== undefined && (families.get(profile)?.some(({ member }) => member === kept) ?? false))
  }
}
