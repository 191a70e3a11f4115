import type { ProfileId } from '@tenon/kernel/contracts'
import { batch } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { touchedSource } from '../sources.ts'

export interface TouchedRequest {
  readonly afterBatch: number
  /** Included. */
  readonly upToBatch: number
  readonly signal?: AbortSignal
}

/** The people with events in these batches, each once, in the order of their ids. */
export async function readTouched(query: WorkspaceQuery, request: TouchedRequest): Promise<readonly ProfileId[]> {
  const rows = await query.rows<{ id: number }>({
    operation: 'touched profiles',
    sql: `SELECT DISTINCT profile AS id FROM ${touchedSource()} ORDER BY id`,
    params: { after: request.afterBatch, upTo: request.upToBatch },
    limits: batch,
    signal: request.signal,
  })
  return Object.freeze(rows.map(({ id }) => id))
}
