import type { Grant } from '@tenon/kernel/contracts'
import { type RawBuilder, sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { storableKey } from '../database/storable-key.ts'
import { isUuid, uuid7 } from '../database/uuid7.ts'
import type { BenefitRequest, BenefitResult, BenefitVerdict, StoredTransaction } from './benefits.ts'
import { type GrantRow, grantOf } from './grant-rows.ts'
import { hashOf } from './hash-of.ts'
import { transactionOf } from './transaction-rows.ts'

interface Decided {
  readonly request: BenefitRequest
  readonly verdict: BenefitVerdict
  readonly at: Date
  /** Its id. */
  readonly transaction: string
}

type Granted = Extract<BenefitVerdict, { ok: true }>
type Change = Granted['changes'][number]

/** Writes grants, postings, counters and the transaction. The benefit must be locked and the verdict checked. */
export async function writeVerdict(scope: Scope, decided: Decided): Promise<BenefitResult> {
  const { verdict, at } = decided
  if (!verdict.ok) {
    const transaction = await note(scope, decided, [])
    return { ok: false, reason: transaction.reason ?? verdict.reason, transaction, replayed: false }
  }
  const changes = verdict.changes.map((change) => ({ ...change, grant: change.grant === 'new' ? uuid7(at) : change.grant }))
  const { rows } = await sql<GrantRow>`
    with counted as (${count(scope, decided.request.benefit, verdict)}), posted as (${post(scope, decided, verdict)})
    ${give(scope, decided, changes)}`.execute(scope.db)
  const transaction = await note(scope, decided, changes)
  return { ok: true, transaction, grants: rows.map(grantOf).sort(byId), replayed: false }
}

/** Answers what was stored, so that a repeated command answers the same. */
async function note(
  { db, workspace }: Scope,
  { request, verdict, at, transaction }: Decided,
  changes: readonly Change[],
): Promise<StoredTransaction> {
  const row = await db
    .insertInto('tenon.benefit_transactions')
    .values({
      workspace,
      id: transaction,
      idempotency_key: request.idempotencyKey,
      request: hashOf(request),
      benefit: request.benefit,
      profile: request.profile,
      command: request.command,
      purpose: request.purpose ?? null,
      rolls_back: request.rollsBack !== undefined && isUuid(request.rollsBack) ? request.rollsBack : null,
      reason: verdict.ok ? null : storableJson(verdict.reason),
      changes: storableJson(changes),
      value: verdict.ok ? verdict.value : 0,
      cost: verdict.ok ? verdict.cost : 0,
      issued: verdict.ok ? verdict.issued : 0,
      at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return transactionOf(row)
}

const count = ({ workspace }: Scope, benefit: string, { issued, cost }: Granted): RawBuilder<unknown> => sql`
  update tenon.benefits set issued = issued + ${issued}, spent = spent + ${cost}
  where workspace = ${workspace} and key = ${benefit} and (${issued}::bigint <> 0 or ${cost}::bigint <> 0)`

const post = ({ workspace }: Scope, { at, transaction }: Decided, { postings }: Granted): RawBuilder<unknown> => sql`
  insert into tenon.postings (workspace, transaction, line, account, amount, at)
  select ${workspace}, ${transaction}::uuid, line, account, amount, ${at}::timestamptz
  from unnest(
    ${postings.map(({ account }) => storableKey('account of a posting', account))}::text[],
    ${postings.map(({ amount }) => amount)}::bigint[]
  ) with ordinality as posting (account, amount, line)`

const give = ({ workspace }: Scope, { request, at }: Decided, changes: readonly Change[]): RawBuilder<GrantRow> => sql`
  insert into tenon.grants as held (workspace, benefit, issued_at, updated_at, id, profile, state, code, data, expires_at)
  select ${workspace}, ${request.benefit}, ${at}::timestamptz, ${at}::timestamptz, * from unnest(
    ${changes.map(({ grant }) => grant)}::uuid[], ${changes.map(({ profile }) => profile)}::bigint[],
    ${changes.map(({ state }) => state)}::text[],
    ${changes.map(({ code }) => (code === undefined ? null : storableKey('code of a grant', code)))}::text[],
    ${changes.map(({ data }) => storableJson(data))}::jsonb[], ${changes.map(({ expiresAt }) => expiresAt ?? null)}::timestamptz[]
  )
  on conflict (workspace, id) do update set profile = excluded.profile, state = excluded.state, code = excluded.code,
    data = excluded.data, expires_at = excluded.expires_at, updated_at = excluded.updated_at
  returning held.*`

const byId = (left: Grant, right: Grant): number => (left.id < right.id ? -1 : 1)
