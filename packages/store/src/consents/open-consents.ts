import type { ProfileId, Purpose, Receipt } from '@tenon/kernel/contracts'
import { type Selectable, sql } from 'kysely'
import { again, type Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { isStorableKey } from '../database/storable-key.ts'
import type { Tables } from '../database/tables.ts'
import { uuid7 } from '../database/uuid7.ts'
import { familyOf } from '../profiles/family.ts'
import { holdingIdentities } from '../profiles/lock-identities.ts'
import type { Consents, KeptReceipt, NewReceipt, PersonsReceipt } from './consents.ts'

const PAGE = 10_000

export function openConsents(scope: Scope): Consents {
  return Object.freeze({
    record: (receipts, recordedAt) => holdingIdentities(scope, (inner) => record(inner, receipts, recordedAt)),
    of: (profiles) => again(scope, () => receiptsOf(scope, profiles)),
    kept: (profiles) => again(scope, () => keptOf(scope, profiles)),
    profilesWith: (purposes) => profilesWith(scope, purposes),
  } satisfies Consents)
}

async function record({ db, workspace, clock }: Scope, given: readonly NewReceipt[], recordedAt?: Date): Promise<number> {
  const receipts = given.filter(({ purpose, source }) => isStorableKey(purpose) && isStorableKey(source))
  if (receipts.length === 0) return 0
  const now = clock.now()
  const { numAffectedRows } = await sql`
    with joined as materialized (
      select family.asked, max(merges.recorded_at) as last
      from ${familyOf(
        workspace,
        receipts.map(({ profile }) => profile),
      )} as family
      cross join lateral (
        select recorded_at from tenon.merges where workspace = ${workspace} and loser = family.member and undone_by is null offset 0
      ) as merges
      group by family.asked
    )
    insert into tenon.consents (workspace, profile, purpose, at, state, source, id, basis, notice, expires_at, evidence, recorded_at)
    select ${workspace}, given.*, greatest(${recordedAt ?? now}::timestamptz, joined.last) from unnest(
      ${receipts.map(({ profile }) => profile)}::bigint[],
      ${receipts.map(({ purpose }) => purpose)}::text[],
      ${receipts.map(({ at }) => at)}::timestamptz[],
      ${receipts.map(({ state }) => state)}::text[],
      ${receipts.map(({ source }) => source)}::text[],
      ${receipts.map(() => uuid7(now))}::uuid[],
      ${receipts.map(({ basis }) => basis)}::text[],
      ${receipts.map(({ notice }) => notice)}::text[],
      ${receipts.map(({ expiresAt }) => expiresAt ?? null)}::timestamptz[],
      ${receipts.map(({ evidence }) => storableJson(evidence))}::jsonb[]
    ) as given (profile, purpose, at, state, source, id, basis, notice, expires_at, evidence)
    left join joined on joined.asked = given.profile
    on conflict do nothing`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

type Row = Selectable<Tables['tenon.consents']>
type Asked<More = unknown> = Row & { readonly asked: number } & More

async function receiptsOf({ db, workspace }: Scope, profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, readonly Receipt[]>> {
  const { rows } = await sql<Asked>`
    select family.asked, consents.* from ${familyOf(workspace, profiles)} as family
    cross join lateral (select * from tenon.consents where workspace = ${workspace} and profile = family.member offset 0) as consents
    order by consents.at desc, consents.id desc`.execute(db)
  return byAsked(profiles, rows, receiptOf)
}

/** A merge into somebody who was merged later was one before that: of the person, those into itself are the newest. */
async function keptOf(
  { db, workspace }: Scope,
  profiles: readonly ProfileId[],
): Promise<ReadonlyMap<ProfileId, readonly PersonsReceipt[]>> {
  const { rows } = await sql<Asked<{ readonly is_of_all: boolean }>>`
    with family as materialized (select * from ${familyOf(workspace, profiles)} as family),
      joined as materialized (
        select person, (select max(recorded_at) from tenon.merges where workspace = ${workspace} and winner = person and undone_by is null) as last
        from (select distinct person from family) as persons
      )
    select family.asked, consents.*, coalesce(consents.recorded_at >= joined.last, true) as is_of_all
    from family join joined using (person)
    cross join lateral (select * from tenon.consents where workspace = ${workspace} and profile = family.member offset 0) as consents
    order by consents.at desc, consents.id desc`.execute(db)
  return byAsked(profiles, rows, (row) => Object.freeze({ ...keptReceiptOf(row), isOfAll: row.is_of_all }))
}

function byAsked<R extends Asked, T>(
  profiles: readonly ProfileId[],
  rows: readonly R[],
  read: (row: R) => T,
): ReadonlyMap<ProfileId, readonly T[]> {
  const byProfile = Map.groupBy(rows, ({ asked }) => asked)
  return new Map(profiles.map((profile) => [profile, Object.freeze((byProfile.get(profile) ?? []).map(read))]))
}

async function* profilesWith(scope: Scope, purposes: readonly Purpose[] | undefined): AsyncIterable<readonly ProfileId[]> {
  const { db, workspace } = scope
  const wanted = purposes === undefined ? sql`true` : sql`purpose = any(${[...purposes]}::text[])`
  for (let after = 0; ; ) {
    const { rows } = await again(scope, () =>
      sql<{ profile: number; person: number }>`
        with page as (
          select distinct profile from tenon.consents
          where workspace = ${workspace} and profile > ${after} and ${wanted}
          order by profile limit ${PAGE}
        )
        select page.profile, coalesce(profiles.merged_into, page.profile) as person
        from page left join tenon.profiles on profiles.workspace = ${workspace} and profiles.id = page.profile
        order by page.profile`.execute(db),
    )
    if (rows.length > 0) yield [...new Set(rows.map(({ person }) => person))]
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.profile
  }
}

export const keptReceiptOf = (row: Row): KeptReceipt =>
  Object.freeze({ profile: row.profile, recordedAt: row.recorded_at, receipt: receiptOf(row) })

const receiptOf = (row: Row): Receipt =>
  Object.freeze({
    id: row.id,
    purpose: row.purpose,
    state: row.state,
    basis: row.basis,
    notice: row.notice,
    source: row.source,
    at: row.at,
    evidence: row.evidence,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  })
