import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import type { AttemptOutcome } from './messages.ts'

/**
 * Records outcomes, each under the number of its attempt: what a sender reports after its lease was given to another one
 * changes nothing. A message that went back into the queue meanwhile but was not begun again takes the report.
 */
export async function record(scope: Scope, outcomes: readonly AttemptOutcome[]): Promise<readonly string[]> {
  if (outcomes.length === 0) return []
  const { db, workspace, clock } = scope
  const now = clock.now()
  const { rows } = await sql<{ id: string; state: string }>`
    with outcome as (
      select * from unnest(
        ${outcomes.map(({ id }) => id)}::uuid[], ${outcomes.map(({ attempt }) => attempt)}::integer[],
        ${outcomes.map(({ state }) => state)}::text[],
        ${outcomes.map((outcome) => (outcome.state === 'sent' ? outcome.reference : null))}::text[],
        ${outcomes.map((outcome) => (outcome.state === 'sent' ? null : storableJson(outcome.reason)))}::jsonb[],
        ${outcomes.map((outcome) => (outcome.state === 'queued' ? outcome.nextAttemptAt : null))}::timestamptz[]
      ) as outcome (id, attempt, state, reference, reason, next_attempt_at)
    ), recorded as (
      update tenon.messages message
      set state = outcome.state, reference = coalesce(outcome.reference, message.reference), reason = outcome.reason,
        next_attempt_at = coalesce(outcome.next_attempt_at, message.next_attempt_at), lease_until = null, updated_at = ${now}
      from outcome
      where message.workspace = ${workspace} and message.id = any(${outcomes.map(({ id }) => id)}::uuid[])
        and message.id = outcome.id and message.attempts = outcome.attempt
        and message.state in ('sending', 'queued')
      returning message.id, message.state, message.attempts, message.reference, message.reason
    ), noted as (
      insert into tenon.deliveries (workspace, message, what, attempt, at, detail, told)
      select ${workspace}, id, state, attempts, ${now}::timestamptz,
        jsonb_strip_nulls(jsonb_build_object('reference', reference, 'reason', reason)), false from recorded
    )
    select id, state from recorded`.execute(db)
  await delayFollowers(
    scope,
    rows.filter(({ state }) => state === 'queued').map(({ id }) => id),
  )
  return rows.map(({ id }) => id)
}

/** Those behind a message that waits are not due before it: a claim does not have to look at them. */
async function delayFollowers({ db, workspace }: Scope, waiting: readonly string[]): Promise<void> {
  if (waiting.length === 0) return
  await sql`
    update tenon.messages set next_attempt_at = behind.due
    from (
      select follower.id, head.next_attempt_at as due
      from tenon.messages head
      cross join lateral (
        select id from tenon.messages
        where workspace = ${workspace} and channel = head.channel and profile = head.profile and state = 'queued'
          and place > head.place and next_attempt_at < head.next_attempt_at offset 0
      ) follower
      where head.workspace = ${workspace} and head.id = any(${[...waiting]}::uuid[])
    ) behind
    where messages.workspace = ${workspace} and messages.id = behind.id`.execute(db)
}
