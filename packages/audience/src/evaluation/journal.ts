import { randomUUID } from 'node:crypto'
import type { Analytics } from '@tenon/analytics'
import type { Clock, Json, Logger, ProfileId } from '@tenon/kernel/contracts'
import type { Store, WorkspaceStore } from '@tenon/store'
import { TurnLost } from '../errors.ts'
import { type PendingRecord, readPending, readTurn, writePending, writeTurn } from './journal-state.ts'

/** Who came into a segment and who left it, at the instant of the evaluation. */
export interface Transition {
  readonly workspace: string
  readonly segment: string
  readonly at: Date
  readonly entered: readonly ProfileId[]
  readonly left: readonly ProfileId[]
}

/** One evaluation of a workspace, with nobody else between its comparing and its recording. */
export interface Turn {
  /** The instant of the evaluation: later than those of all before it, whatever the clocks of the processes say. */
  readonly asOf: Date
  /** Transitions that an earlier turn wanted to record and did not live to see recorded. They are recorded by now. */
  readonly recovered: readonly Transition[]
  /** Records transitions exactly once. If it rejects they may be recorded or not: the next turn finishes it. */
  record(changes: readonly Pick<Transition, 'segment' | 'entered' | 'left'>[]): Promise<readonly Transition[]>
}

/** Where the state of turns is kept, per workspace. */
export const TURN_KEY = 'audience.turn'
export const PENDING_KEY = 'audience.pending'
const AHEAD_MS = 60_000

/**
 * Begins a turn. What is to be recorded is first written down in the store, with the tokens of its inserts, under a row lock
 * and only while the turn is the latest one. So whoever is next can finish what a dead or paused process had begun, and a
 * process that was paused for longer than its lease can not record any more.
 */
export async function beginTurn(options: {
  readonly store: Store
  readonly analytics: Analytics
  readonly workspace: string
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}): Promise<Turn> {
  const { store, analytics, workspace, clock, logger, signal } = options
  const { transitions } = analytics.in(workspace)
  const epoch = randomUUID()

  const { asOf, pending } = await store.in(workspace).transaction(async (tx) => {
    const before = readTurn(await lockTurn(tx))
    const now = clock.now().getTime()
    const instant = Math.max(now, before.asOf + 1)
    if (instant > now + AHEAD_MS) logger.warn('the clock is behind the last evaluation', { workspace, aheadMs: instant - now })
    await tx.kv.set(TURN_KEY, writeTurn({ epoch, asOf: instant, recorded: before.recorded }))
    return { asOf: new Date(instant), pending: readPending((await tx.kv.get(PENDING_KEY)) ?? []) }
  })

  /** Changes the state unless a later turn has begun. */
  const change = <T>(run: (tx: WorkspaceStore, recorded: number) => Promise<T>): Promise<T> =>
    store.in(workspace).transaction(async (tx) => {
      const now = readTurn(await lockTurn(tx))
      if (now.epoch !== epoch) throw TurnLost.create({ workspace })
      return run(tx, now.recorded)
    })

  async function write(records: readonly PendingRecord[]): Promise<readonly Transition[]> {
    for (const { segment, enter, exit, at, recordedAt, evaluation } of records) {
      const when = { at: new Date(at), recordedAt: new Date(recordedAt) }
      await transitions.record({ segment, enter, exit, evaluation, ...when }, { signal })
    }
    await change((tx) => tx.kv.delete(PENDING_KEY))
    return records.map(({ segment, enter, exit, at }) => ({ workspace, segment, at: new Date(at), entered: enter, left: exit }))
  }

  return {
    asOf,
    recovered: pending.length === 0 ? [] : await write(pending),
    async record(changes) {
      const real = changes.filter(({ entered, left }) => entered.length > 0 || left.length > 0)
      if (real.length === 0) return []
      const records = await change(async (tx, recorded) => {
        const first = Math.max(recorded + 1, clock.now().getTime())
        const planned = real.map(({ segment, entered, left }, index) => ({
          segment,
          enter: entered,
          exit: left,
          at: asOf.getTime(),
          recordedAt: first + index,
          evaluation: asOf.toISOString(),
        }))
        await tx.kv.set(TURN_KEY, writeTurn({ epoch, asOf: asOf.getTime(), recorded: first + planned.length - 1 }))
        await tx.kv.set(PENDING_KEY, writePending(planned))
        return planned
      })
      return write(records)
    },
  }
}

/** Reads the row and holds its lock until the end of the transaction. */
const lockTurn = (tx: WorkspaceStore): Promise<Json> => tx.kv.setIfAbsent(TURN_KEY, writeTurn({ epoch: '', asOf: 0, recorded: 0 }))
