import { sql } from 'kysely'
import { again, type Scope, transactAgain } from '../database/session.ts'
import { isUuid } from '../database/uuid7.ts'
import { familyOf } from '../profiles/family.ts'
import { claim, requeueExpired } from './claim.ts'
import { enqueue } from './enqueue.ts'
import { type MessageRow, messageOf } from './message-rows.ts'
import type { DeliveryEntry, MessageState, Messages } from './messages.ts'
import { receive } from './receive.ts'
import { record } from './record.ts'

export function openMessages(scope: Scope): Messages {
  const { db, workspace } = scope
  const select = () => db.selectFrom('tenon.messages').selectAll().where('workspace', '=', workspace)

  return Object.freeze({
    enqueue: (messages) => transactAgain(scope, (inner) => enqueue(inner, messages)),
    // Not again after a broken connection: what was claimed and never told is requeued when its lease is over.
    claim: (request) => claim(scope, request),
    record: (outcomes) => transactAgain(scope, (inner) => record(inner, outcomes)),
    requeueExpired: () => again(scope, () => requeueExpired(scope)),
    receive: (channel, receipt) => transactAgain(scope, (inner) => receive(inner, channel, receipt)),
    get: (id) =>
      again(scope, async () => {
        const row = isUuid(id) ? await select().where('id', '=', id).executeTakeFirst() : undefined
        return row && messageOf(row)
      }),
    ledger: (id) => again(scope, () => ledgerOf(scope, id)),
    of: (profile, { limit }) =>
      again(scope, async () => {
        const { rows } = await sql<MessageRow>`
          select messages.* from ${familyOf(workspace, [profile])} as family
          cross join lateral (
            select * from tenon.messages where workspace = ${workspace} and profile = family.member order by place desc limit ${limit}
          ) as messages
          order by place desc limit ${limit}`.execute(db)
        return rows.map(messageOf)
      }),
    byReference: (channel, reference) =>
      again(scope, async () => {
        const { rows } = await sql<MessageRow>`
          select * from tenon.messages
          where workspace = ${workspace} and channel = ${channel} and md5(reference) = md5(${reference}) and reference = ${reference}
          order by place desc limit 1`.execute(db)
        return rows[0] && messageOf(rows[0])
      }),
    counts: () => again(scope, () => countsOf(scope)),
    nextDue: (channel) =>
      again(scope, async () => {
        const { due } = await db
          .selectFrom('tenon.messages')
          .select(({ fn }) => fn.min('next_attempt_at').as('due'))
          .where('workspace', '=', workspace)
          .where('channel', '=', channel)
          .where('state', '=', 'queued')
          .executeTakeFirstOrThrow()
        return due ?? undefined
      }),
  } satisfies Messages)
}

async function ledgerOf({ db, workspace }: Scope, id: string): Promise<readonly DeliveryEntry[]> {
  if (!isUuid(id)) return []
  const { rows } = await sql<DeliveryEntry>`
    select what, attempt, at, detail from tenon.deliveries where workspace = ${workspace} and message = ${id} order by id`.execute(db)
  return rows.map((row) => Object.freeze(row))
}

async function countsOf({ db, workspace }: Scope): ReturnType<Messages['counts']> {
  const { rows } = await sql<{ channel: string; state: MessageState; count: number }>`
    select channel, state, count(*) as count from tenon.messages where workspace = ${workspace} group by channel, state`.execute(db)
  const byChannel = Map.groupBy(rows, ({ channel }) => channel)
  return new Map(
    [...byChannel].map(([channel, states]) => [channel, Object.fromEntries(states.map(({ state, count }) => [state, count]))] as const),
  )
}
