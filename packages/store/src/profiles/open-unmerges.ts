import { type Selectable, sql } from 'kysely'
import { again, type Scope, transactAgain } from '../database/session.ts'
import type { Tables } from '../database/tables.ts'
import { separate } from './unmerge.ts'
import { blockedAmong, blocksOf, heldBack, liftBlock } from './unmerge-blocks.ts'
import { holdingsOf, receiptsOf } from './unmerge-holdings.ts'
import { historyOf, unmergeEntryOf } from './unmerge-records.ts'
import { homesOf, separationOf } from './unmerge-separation.ts'
import { claimSquash, overridesSettled, settleable, squashed } from './unmerge-squash.ts'
import type { Unmerges } from './unmerges.ts'

export function openUnmerges(scope: Scope): Unmerges {
  const { db, workspace } = scope

  return Object.freeze({
    history: (profile) => again(scope, () => historyOf(scope, profile)),
    homes: (profile) => again(scope, () => homesOf(scope, profile)),
    separation: (merge) => again(scope, () => separationOf(scope, merge)),
    separate: (request) => separate(scope, request),
    blockedAmong: (identifiers) => again(scope, () => blockedAmong(scope, identifiers)),
    blocksOf: (identifiers) => again(scope, () => blocksOf(scope, identifiers)),
    liftBlock: (request) => again(scope, () => liftBlock(scope, request)),
    // Not again after a broken connection: it counts.
    heldBack: (events) => heldBack(scope, events),
    receiptsOf: (profiles) => again(scope, () => receiptsOf(scope, profiles)),
    holdingsOf: (profiles) => again(scope, () => holdingsOf(scope, profiles)),
    unsettled: () =>
      again(scope, async () => {
        const { rows } = await sql<Selectable<Tables['tenon.unmerges']> & { waits: boolean }>`
          select *, exists (select 1 from tenon.ingest_open_batches where batch <= unmerges.last_batch) as waits
          from tenon.unmerges where workspace = ${workspace} and not settled order by id`.execute(db)
        return rows.map((row) => Object.freeze({ ...unmergeEntryOf(row), waits: row.waits }))
      }),
    settle: (unmerge) =>
      again(scope, async () => {
        await sql`update tenon.unmerges set settled = true where workspace = ${workspace} and id = ${unmerge} and not settled`.execute(db)
      }),
    claimSquash: (request) => transactAgain(scope, (inner) => claimSquash(inner, request)),
    squashed: (merges) => again(scope, () => squashed(scope, merges)),
    settleable: (request) => again(scope, () => settleable(scope, request)),
    overridesSettled: (merges) => again(scope, () => overridesSettled(scope, merges)),
  } satisfies Unmerges)
}
