import type { ProfileId } from '@tenon/kernel/contracts'
import { type Selectable, sql } from 'kysely'
import type { KeptReceipt } from '../consents/consents.ts'
import { keptReceiptOf } from '../consents/open-consents.ts'
import type { Scope } from '../database/session.ts'
import type { Tables } from '../database/tables.ts'
import type { Holdings } from './unmerges.ts'

export async function receiptsOf({ db, workspace }: Scope, profiles: readonly ProfileId[]): Promise<readonly KeptReceipt[]> {
  const { rows } = await sql<Selectable<Tables['tenon.consents']>>`
    select * from tenon.consents where workspace = ${workspace} and profile = any(${[...profiles]}::bigint[])
    order by at desc, id desc`.execute(db)
  return rows.map(keptReceiptOf)
}

export async function holdingsOf({ db, workspace }: Scope, profiles: readonly ProfileId[]): Promise<Holdings> {
  const of = sql`workspace = ${workspace} and profile = any(${[...profiles]}::bigint[])`
  const { rows } = await sql<Holdings>`
    select (select count(*) from tenon.grants where ${of}) as grants, (select count(*) from tenon.messages where ${of}) as messages,
      (select count(*) from tenon.consents where ${of}) as receipts`.execute(db)
  return Object.freeze(rows[0] ?? { grants: 0, messages: 0, receipts: 0 })
}
