import { createHash } from 'node:crypto'
import type { ProfileId } from '@tenon/kernel/contracts'
import type { Engine } from '../engine/engine.ts'
import { insertRows, type RowFormat } from './insert-rows.ts'
import { text } from './tsv.ts'

/** Whose the events of a profile are, as the ledger of merges and unmerges up to `version` says. Of a restored person: its own. */
export interface Override {
  readonly workspace: string
  readonly old: ProfileId
  /** The person, never a profile that is itself merged at this version. */
  readonly into: ProfileId
  /** A number of the ledger: grows. */
  readonly version: number
}

const format: RowFormat<Override> = Object.freeze({
  table: 'profile_overrides',
  columns: ['workspace', 'old_profile', 'profile', 'version'],
  naturals: ({ old, into, version }: Override) => ({ old_profile: old, profile: into, version }),
  dates: () => ({}),
  line: ({ workspace, old, into, version }: Override) => `${text(workspace)}\t${old}\t${into}\t${version}`,
})

/**
 * Each row stands by itself and the greatest version counts, so rows may be written again, late, and by several at once: the
 * engine ends where the ledger ended.
 */
export async function insertOverrides(engine: Engine, rows: readonly Override[], signal?: AbortSignal): Promise<void> {
  if (rows.length > 0) await insertRows(engine, format, rows, { token: tokenOf(rows), signal })
}

/** By content, the workspace included. */
const tokenOf = (rows: readonly Override[]): string => createHash('sha256').update(rows.map(format.line).join('\n')).digest('hex')
