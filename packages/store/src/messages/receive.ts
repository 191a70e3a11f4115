import type { DeliveryReceipt } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { type MessageRow, messageOf } from './message-rows.ts'
import type { Messages } from './messages.ts'

/** Whether it arrived is a state; what the person did with it is a line of the ledger. A bounce after a delivery is the later word. */
export async function receive({ db, workspace, clock }: Scope, channel: string, receipt: DeliveryReceipt): ReturnType<Messages['receive']> {
  const { rows } = await sql<MessageRow>`
    select * from tenon.messages where workspace = ${workspace} and channel = ${channel}
      and md5(reference) = md5(${receipt.reference}) and reference = ${receipt.reference}
    order by place desc limit 1 for update`.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  const { numAffectedRows } = await sql`
    insert into tenon.deliveries (workspace, message, what, attempt, at, detail, told)
    values (${workspace}, ${row.id}, ${receipt.what}, ${row.attempts}, ${receipt.at}, ${storableJson(receipt.data)}::jsonb, true)
    on conflict do nothing`.execute(db)
  const news = (numAffectedRows ?? 0n) > 0n
  const arrived = receipt.what === 'delivered' || receipt.what === 'bounced'
  const changes = news && arrived && (row.state === 'sent' || (row.state === 'delivered' && receipt.what === 'bounced'))
  if (!changes) return { message: messageOf(row), news }
  const after = await db
    .updateTable('tenon.messages')
    .set({ state: receipt.what === 'bounced' ? 'bounced' : 'delivered', updated_at: clock.now() })
    .where('workspace', '=', workspace)
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { message: messageOf(after), news }
}
