import type { ParamValue } from '../engine/engine.ts'

/** How far the evaluations of a workspace had come. Milliseconds. */
export interface TurnMark {
  readonly workspace: string
  /** The instant of the last evaluation that was begun. */
  readonly asOf: number
  /** The place of the last record of transitions that was planned. */
  readonly recorded: number
  /** Records that were planned and not known to be written: they are written again. */
  readonly pending: readonly { readonly segment: string; readonly evaluation: string }[]
}

/** What the state store knew at one instant. Whatever the engine holds beyond it was not yet so. */
export interface Horizon {
  readonly lastBatch: number
  /** Batches that were being written: they are written again. */
  readonly openBatches: readonly number[]
  /** The last number of the ledger of merges and unmerges. */
  readonly lastEntry: number
  readonly turns: readonly TurnMark[]
}

interface Cut {
  readonly where: string
  /** Whether the rows that are left stay the same however late they are read. */
  readonly isStable: boolean
}

const stable = (where: string): Cut => ({ where, isStable: true })

const ofTurn = (column: string, marks: string): string =>
  `${column} <= fromUnixTimestamp64Milli(transform(toString(workspace), {workspaces:Array(String)}, {${marks}:Array(Int64)}, toInt64(-1)), 'UTC')`

const byBatch = stable('batch <= {lastBatch:UInt64} AND batch NOT IN {openBatches:Array(UInt64)}')

/** For each table of ours what of it belongs to the instant. */
export const cuts: Readonly<Record<string, Cut>> = Object.freeze({
  events: byBatch,
  failed_events: byBatch,
  tag_values: stable(ofTurn('as_of', 'asOf')),
  segment_transitions: stable(
    `${ofTurn('recorded_at', 'recorded')}
  AND concat(toString(workspace), '\\t', toString(segment), '\\t', evaluation) NOT IN {pending:Array(String)}`,
  ),
  // A later row may have replaced an earlier one by now. The ledger in Postgres is whole, and is told again after a restore.
  profile_overrides: { where: 'version <= {lastEntry:UInt64}', isStable: false },
  // Says where to look, never whose: to look once too often changes no answer.
  reassigned_profiles: { where: '1', isStable: false },
})

export function cutParams({ lastBatch, openBatches, lastEntry, turns }: Horizon): Readonly<Record<string, ParamValue>> {
  return {
    lastBatch,
    openBatches: [...openBatches],
    lastEntry,
    // The engine refuses to look something up in nothing; no workspace is called so.
    workspaces: ['', ...turns.map(({ workspace }) => workspace)],
    asOf: [-1, ...turns.map(({ asOf }) => asOf)],
    recorded: [-1, ...turns.map(({ recorded }) => recorded)],
    pending: turns.flatMap(({ workspace, pending }) =>
      pending.map(({ segment, evaluation }) => [workspace, segment, evaluation].join('\t')),
    ),
  }
}
