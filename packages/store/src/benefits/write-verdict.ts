import type { Grant } from '@tenon/kernel/contracts'
import { type RawBuilder, sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { storableKey } from '../database/storable-key.ts'
import { uuid7 } from '../database/uuid7.ts'
import type { BenefitRequest, BenefitResult, BenefitVerdict, StoredTransaction } from './benefits.ts'
import { type GrantRow, grantOf } from './grant-rows.ts'
import { requestHash } from './request-hash.ts'

interface Decided<V extends BenefitVerdict = BenefitVerdict> {
  readonly request: BenefitRequest
  readonly verdict: V
  readonly at: Date
  /** Its id. */
  readonly transaction: string
}

/** Writes grants, postings, counters and the transaction in one statement. The benefit must be locked and the verdict checked. */
export async function writeVerdict(scope: Scope, decided: Decided): Promise<BenefitResult> {
  const transaction = Object.freeze(transactionOf(decided))
  const { verdict } = decided
  if (!verdict.ok) {
    await sql`${note(scope, decided, transaction)}`.execute(scope.db)
    return { ok: false, reason: verdict.reason, transaction, replayed: false }
  }
  const { rows } = await sql<GrantRow>`
    with noted as (${note(scope, decided, transaction)}),
      counted as (${count(scope, decided.request.benefit, verdict)}),
      posted as (${post(scope, decided, verdict)})
    ${give(scope, decided, transaction)}`.execute(scope.db)
  return { ok: true, transaction, grants: rows.map(grantOf).sort(byId), replayed: false }
}

type Granted = Extract<BenefitVerdict, { ok: true }>

function transactionOf({ request, verdict, at, transaction: id }: Decided): StoredTransaction {
  const effect = verdict.ok
    ? {
        changes: verdict.changes.map((change) => ({ ...change, grant: change.grant === 'new' ? uuid7(at) : change.grant })),
        value: verdict.value,
        cost: verdict.cost,
        issued: verdict.issued,
      }
    : { changes: [], value: 0, cost: 0, issued: 0, reason: verdict.reason }
  const { benefit, profile, command, purpose, rollsBack } = request
  return {
    id,
    benefit,
    profile,
    command,
    at,
    ...effect,
    ...(purpose !== undefined && { purpose }),
    ...(rollsBack !== undefined && { rollsBack }),
  }
}

const note = ({ workspace }: Scope, { request, at }: Decided, done: StoredTransaction): RawBuilder<unknown> => sql`
  insert into tenon.benefit_transactions
    (workspace, id, idempotency_key, request, benefit, profile, command, purpose, rolls_back, reason, changes, value, cost, issued, at)
  values (${workspace}, ${done.id}, ${request.idempotencyKey}, ${requestHash(request)}, ${done.benefit}, ${done.profile}, ${done.command},
    ${done.purpose ?? null}, ${done.rollsBack ?? null}::uuid, ${done.reason ? storableJson(done.reason) : null}::jsonb,
    ${storableJson(done.changes)}::jsonb, ${done.value}, ${done.cost}, ${done.issued}, ${at})`

const count = ({ workspace }: Scope, benefit: string, { issued, cost }: Granted): RawBuilder<unknown> => sql`
  update tenon.benefits set issued = issued + ${issued}, spent = spent + ${cost}
  where workspace = ${workspace} and key = ${benefit} and (${issued}::bigint <> 0 or ${cost}::bigint <> 0)`

const post = ({ workspace }: Scope, { at, transaction }: Decided, { postings }: Granted): RawBuilder<unknown> => sql`
  insert into tenon.postings (workspace, transaction, line, account, amount, at)
  select ${workspace}, ${transaction}::uuid, line, account, amount, ${at}::timestamptz
  from unnest(${postings.map(({ account }) => account)}::text[], ${postings.map(({ amount }) => amount)}::bigint[])
    with ordinality as posting (account, amount, line)`

const give = ({ workspace }: Scope, { request, at }: Decided, { changes }: StoredTransaction): RawBuilder<GrantRow> => sql`
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
