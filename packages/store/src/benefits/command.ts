import { type Selectable, sql } from 'kysely'
import { type Scope, transactAgain } from '../database/session.ts'
import { storableKey } from '../database/storable-key.ts'
import type { Tables } from '../database/tables.ts'
import { violatedIndex } from '../database/transient.ts'
import { isUuid, uuid7 } from '../database/uuid7.ts'
import { definitionOf } from '../definitions/open-definitions.ts'
import { BenefitCodesExhausted, IdempotencyKeyReused } from '../errors.ts'
import { familyOf } from '../profiles/family.ts'
import type { BenefitRequest, BenefitResult, LockedBenefit } from './benefits.ts'
import { countersOf } from './counters.ts'
import { type GrantRow, grantOf, heldBy } from './grant-rows.ts'
import { hashOf } from './hash-of.ts'
import { type TransactionRow, transactionOf } from './transaction-rows.ts'
import { checkVerdict } from './verdict.ts'
import { writeVerdict } from './write-verdict.ts'

const ATTEMPTS = 5

/** Decides under the lock of the benefit. Asks again when a drawn code exists, and when somebody else used the idempotency key meanwhile. */
export async function command(scope: Scope, request: BenefitRequest): Promise<BenefitResult | undefined> {
  storableKey('idempotency key', request.idempotencyKey)
  for (let attempt = 1; ; attempt++) {
    try {
      return await transactAgain(scope, (inner) => decide(inner, request))
    } catch (error) {
      const index = violatedIndex(error)
      const repeatable = index === 'grants_by_code' || index === 'benefit_transactions_by_idempotency_key'
      // A transaction around this one is lost with the first error.
      if (!repeatable || scope.transactional) throw error
      if (attempt === ATTEMPTS) throw BenefitCodesExhausted.create({ benefit: request.benefit }, error)
    }
  }
}

async function decide(scope: Scope, request: BenefitRequest): Promise<BenefitResult | undefined> {
  const row = await lock(scope, request.benefit)
  if (row === undefined) return undefined
  const earlier = await answerOf(scope, request)
  if (earlier) return earlier

  const locked: LockedBenefit = { definition: definitionOf(row), counters: countersOf(row), ...(await standing(scope, request)) }
  const verdict = request.decide(locked)
  checkVerdict(request.benefit, locked, verdict)
  const at = scope.clock.now()
  return writeVerdict(scope, { request, verdict, at, transaction: uuid7(at) })
}

type LockedRow = Selectable<Tables['tenon.definitions']> & Selectable<Tables['tenon.benefits']>

/** Commands of one benefit wait here for each other: stock, budget and grants are exact from now on. */
async function lock({ db, workspace }: Scope, benefit: string): Promise<LockedRow | undefined> {
  const { rows } = await sql<LockedRow>`
    select definitions.*, benefits.stock, benefits.per_person, benefits.budget, benefits.issued, benefits.spent
    from tenon.benefits
    join tenon.definitions on definitions.workspace = benefits.workspace and definitions.key = benefits.key and family = 'benefit'
    where benefits.workspace = ${workspace} and benefits.key = ${benefit}
    for update of benefits`.execute(db)
  return rows[0]
}

/** What was answered under this idempotency key before. */
async function answerOf({ db, workspace }: Scope, request: BenefitRequest): Promise<BenefitResult | undefined> {
  const { rows } = await sql<TransactionRow & { same_person: boolean }>`
    select *, profile in (select member from ${familyOf(workspace, [request.profile])} as family) as same_person
    from tenon.benefit_transactions
    where workspace = ${workspace} and idempotency_key = ${request.idempotencyKey}`.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  // After a merge the same person comes with another profile.
  const samePerson = row.same_person || row.profile === request.profile
  if (!samePerson || !row.request.equals(hashOf(request))) throw IdempotencyKeyReused.create({ idempotencyKey: request.idempotencyKey })

  const transaction = transactionOf(row)
  if (transaction.reason) return { ok: false, reason: transaction.reason, transaction, replayed: true }
  const grants = await db
    .selectFrom('tenon.grants')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', 'in', [transaction.id, ...transaction.changes.map(({ grant }) => grant)])
    .orderBy('id')
    .execute()
  return { ok: true, transaction, grants: grants.map(grantOf), replayed: true }
}

/** What the person holds of this benefit. */
async function standing(
  { db, workspace }: Scope,
  { benefit, profile, states, rollsBack }: BenefitRequest,
): Promise<Pick<LockedBenefit, 'grants' | 'personCounts' | 'rolledBack'>> {
  // Of a state that is not shown one row is enough: it brings the count.
  const { rows } = await sql<GrantRow & { of_state: number; shown: boolean }>`
    select * from (
      select held.*, count(*) over same_state as of_state, row_number() over same_state as nth,
        coalesce(state = any(${states ? [...states] : null}::text[]), true) as shown
      from ${heldBy(workspace, profile)} where benefit = ${benefit}
      window same_state as (partition by state)
    ) held
    where shown or nth = 1
    order by expires_at nulls last, issued_at, id`.execute(db)
  const rolledBack = rollsBack === undefined ? undefined : await rolledBackBy({ db, workspace }, rollsBack)
  return {
    grants: rows.filter(({ shown }) => shown).map(grantOf),
    personCounts: Object.fromEntries(rows.map(({ state, of_state }) => [state, of_state])),
    ...(rolledBack && { rolledBack }),
  }
}

/** The transaction to take back, where there is one that did something, and what was taken back of it before. */
async function rolledBackBy({ db, workspace }: Pick<Scope, 'db' | 'workspace'>, id: string): Promise<LockedBenefit['rolledBack']> {
  if (!isUuid(id)) return undefined
  const { rows } = await sql<TransactionRow>`
    select * from tenon.benefit_transactions
    where workspace = ${workspace} and reason is null and (id = ${id}::uuid or rolls_back = ${id}::uuid)
    order by rolls_back is not null, at, id`.execute(db)
  const [transaction, ...earlier] = rows.map(transactionOf)
  return transaction?.id === id.toLowerCase() ? { transaction, earlier } : undefined
}
