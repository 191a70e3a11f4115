import type { GrantChange } from '@tenon/kernel/contracts'
import type { Selectable } from 'kysely'
import type { Tables } from '../database/tables.ts'
import type { StoredTransaction } from './benefits.ts'

export type TransactionRow = Selectable<Tables['tenon.benefit_transactions']>

/** A change as the ledger keeps it: JSON knows no dates. `grant` is the id, also of one that was new. */
export interface StoredChange {
  readonly grant: string
  readonly profile: number
  readonly state: string
  readonly code?: string
  readonly data: GrantChange['data']
  readonly expiresAt?: string
}

export const transactionOf = (row: TransactionRow): StoredTransaction =>
  Object.freeze({
    id: row.id,
    benefit: row.benefit,
    profile: row.profile,
    command: row.command,
    at: row.at,
    changes: row.changes.map(({ expiresAt, ...change }) => ({
      ...change,
      ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
    })),
    value: row.value,
    cost: row.cost,
    issued: row.issued,
    ...(row.purpose !== null && { purpose: row.purpose }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.rolls_back !== null && { rollsBack: row.rolls_back }),
  })
