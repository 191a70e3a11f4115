import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { type MessageRow, messageOf } from './message-rows.ts'
import type { Messages, StoredMessage } from './messages.ts'

/**
 * The head of each (profile, channel) that is due and that nobody has. A message behind an unfinished one is passed over; what
 * another claimer holds is skipped, and what is behind it still counts as behind, so two claimers never break the order.
 */
export async function claim(
  { db, workspace, clock }: Scope,
  { channel, limit, leaseMs }: Parameters<Messages['claim']>[0],
): Promise<readonly StoredMessage[]> {
  const now = clock.now()
  const leaseUntil = new Date(now.getTime() + leaseMs)
  const { rows } = await sql<MessageRow>`
    with due as (
      select id from tenon.messages message
      where workspace = ${workspace} and channel = ${channel} and state = 'queued' and next_attempt_at <= ${now}
        and not exists (
          select 1 from tenon.messages ahead
          where ahead.workspace = ${workspace} and ahead.channel = ${channel} and ahead.profile = message.profile
            and ahead.state in ('queued', 'sending') and ahead.place < message.place
        )
      order by next_attempt_at, place limit ${limit}
      for update skip locked
    ), claimed as (
      update tenon.messages message
      set state = 'sending', attempts = attempts + 1, lease_until = ${leaseUntil}, reason = null, updated_at = ${now}
      where message.workspace = ${workspace} and message.id = any(array(select id from due))
      returning message.*
    ), noted as (
      insert into tenon.deliveries (workspace, message, what, attempt, at, detail, told)
      select ${workspace}, id, 'sending', attempts, ${now}::timestamptz, '{}', false from claimed
    )
    select * from claimed order by next_attempt_at, place`.execute(db)
  return rows.map(messageOf)
}

/** Messages whose sender died go back into the queue, due at once. */
export async function requeueExpired({ db, workspace, clock }: Scope): Promise<number> {
  const now = clock.now()
  const { rows } = await sql`
    with expired as (
      update tenon.messages set state = 'queued', lease_until = null, next_attempt_at = ${now}, updated_at = ${now}
      where workspace = ${workspace} and state = 'sending' and lease_until <= ${now}
      returning id, attempts
    ), noted as (
      insert into tenon.deliveries (workspace, message, what, attempt, at, detail, told)
      select ${workspace}, id, 'lease-expired', attempts, ${now}::timestamptz, '{}', false from expired
    )
    select id from expired`.execute(db)
  return rows.length
}
