import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../database/tables.ts'

export type Db = Kysely<Tables>

interface Step {
  readonly id: string
  readonly checksum: string
}

/** Done as a whole or not at all. Done again where it did not get a lock in time. */
export interface TransactionStep extends Step {
  run(transaction: Db): Promise<void>
}

/** An index of a table that may be large. It is built outside of any transaction, and nobody who writes waits for it. */
export interface IndexStep extends Step {
  readonly index: {
    readonly schema: string
    readonly name: string
    /** As behind `on` in SQL. */
    readonly on: string
  }
}

export type MigrationStep = TransactionStep | IndexStep

export const sqlStep = (id: string, text: string): TransactionStep => ({
  id,
  checksum: sha256(text),
  async run(transaction) {
    await sql.raw(text).execute(transaction)
  },
})

export const indexStep = (id: string, index: IndexStep['index']): IndexStep => ({
  id,
  checksum: sha256(`${index.schema}.${index.name} on ${index.on}`),
  index,
})

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
