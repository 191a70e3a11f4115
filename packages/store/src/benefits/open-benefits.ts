import type { Grant, ProfileId } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import { again, type Scope } from '../database/session.ts'
import { isUuid } from '../database/uuid7.ts'
import { familyOf } from '../profiles/family.ts'
import type { Benefits } from './benefits.ts'
import { command } from './command.ts'
import { countersOf } from './counters.ts'
import { type GrantRow, grantOf, heldBy } from './grant-rows.ts'
import { type TransactionRow, transactionOf } from './transaction-rows.ts'

export function openBenefits(scope: Scope): Benefits {
  const { db, workspace } = scope
  const grants = () => db.selectFrom('tenon.grants').selectAll().where('workspace', '=', workspace)

  return Object.freeze({
    command: (request) => command(scope, request),
    limit: (benefit, { stock, perPerson, budget }) =>
      again(scope, async () => {
        const limits = { stock: stock ?? null, per_person: perPerson ?? null, budget: budget ?? null }
        await db
          .insertInto('tenon.benefits')
          .values({ workspace, key: benefit, ...limits })
          .onConflict((conflict) => conflict.columns(['workspace', 'key']).doUpdateSet(limits))
          .execute()
      }),
    counters: (benefit) =>
      again(scope, async () => {
        const row = await db
          .selectFrom('tenon.benefits')
          .selectAll()
          .where('workspace', '=', workspace)
          .where('key', '=', benefit)
          .executeTakeFirst()
        return row && countersOf(row)
      }),
    grant: (id) =>
      again(scope, async () => {
        const row = isUuid(id) ? await grants().where('id', '=', id).executeTakeFirst() : undefined
        return row && grantOf(row)
      }),
    findByCode: (code) =>
      again(scope, async () => {
        const row = await grants().where('code', '=', code).executeTakeFirst()
        return row && grantOf(row)
      }),
    grantsOf: (profile, filter) => again(scope, () => grantsOf(scope, profile, filter)),
    expired: ({ benefit, states, at, limit }) =>
      again(scope, async () => {
        const rows = await grants()
          .where('benefit', '=', benefit)
          .where('state', 'in', states)
          .where('expires_at', '<=', at)
          .orderBy('expires_at')
          .orderBy('id')
          .limit(limit)
          .execute()
        return rows.map(grantOf)
      }),
    transaction: (id) =>
      again(scope, async () => {
        if (!isUuid(id)) return undefined
        const row = await db
          .selectFrom('tenon.benefit_transactions')
          .selectAll()
          .where('workspace', '=', workspace)
          .where('id', '=', id)
          .executeTakeFirst()
        return row && transactionOf(row)
      }),
    transactionsOf: (profile, { limit }) =>
      again(scope, async () => {
        const { rows } = await sql<TransactionRow>`
          select done.* from ${familyOf(workspace, [profile])} as family
          cross join lateral (
            select * from tenon.benefit_transactions where workspace = ${workspace} and profile = family.member
            order by at desc limit ${limit}
          ) as done
          order by done.at desc, done.id desc limit ${limit}`.execute(db)
        return rows.map(transactionOf)
      }),
    balances: (accounts) =>
      again(scope, async () => {
        const { rows } = await sql<{ account: string; balance: number }>`
          select account, sum(amount)::bigint as balance from tenon.postings
          where workspace = ${workspace} and account = any(${[...accounts]}::text[]) group by account`.execute(db)
        return new Map(rows.map(({ account, balance }) => [account, balance]))
      }),
  } satisfies Benefits)
}

async function grantsOf(
  { db, workspace }: Scope,
  profile: ProfileId,
  { benefit, states }: Parameters<Benefits['grantsOf']>[1] = {},
): Promise<readonly Grant[]> {
  const { rows } = await sql<GrantRow>`
    select held.* from ${heldBy(workspace, profile)}
    where (${benefit ?? null}::text is null or benefit = ${benefit ?? null}::text)
      and (${states ? [...states] : null}::text[] is null or state = any(${states ? [...states] : null}::text[]))
    order by issued_at desc, id desc`.execute(db)
  return rows.map(grantOf)
}
