import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { MigrationBlocked } from '../errors.ts'
import type { Db } from './migration-step.ts'

/**
 * Whoever waits for a table keeps everybody out who comes after him, although whoever has it (a backup, a report) would let them in. So a
 * step waits shortly, lets the others through, and comes again.
 */
export interface LockPatience {
  readonly waitMs: number
  readonly pauseMs: number
  readonly tries: number
}

export interface LockHolder {
  readonly pid: number
  readonly application: string
  readonly state: string
}

/** Some minutes in all. */
export const DEFAULT_PATIENCE: LockPatience = Object.freeze({ waitMs: 5_000, pauseMs: 5_000, tries: 20 })

/** `run` gives up by itself after `waitMs`: in a transaction with that `lock_timeout`. `db` must not be the connection that waits. */
export async function withPatience(
  { db, pid, patience, scope, step }: Waiting & { readonly patience: LockPatience; readonly scope: string; readonly step: string },
  run: () => Promise<void>,
): Promise<void> {
  const watch = watchHolders({ db, pid }, patience.waitMs / 4)
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run()
      } catch (error) {
        if (!isLockTimeout(error)) throw error
        if (attempt >= patience.tries) throw MigrationBlocked.create({ scope, step, tries: attempt, holders: watch.seen }, error)
      }
      await delay(patience.pauseMs)
    }
  } finally {
    watch.stop()
  }
}

interface Waiting {
  readonly db: Db
  /** The backend that waits. */
  readonly pid: number
}

/** Whom a backend waits for is only known while it does. */
function watchHolders({ db, pid }: Waiting, everyMs: number): { readonly seen: readonly LockHolder[]; stop(): void } {
  const stopping = new AbortController()
  const { signal } = stopping
  let seen: readonly LockHolder[] = []
  const watch = async (): Promise<void> => {
    for (;;) {
      await delay(everyMs, undefined, { signal })
      const holders = await holdersOf(db, pid)
      if (holders.length > 0) seen = holders
    }
  }
  // It ends with the signal; that it can not look must not fail a migration.
  watch().catch(() => undefined)
  return {
    get seen() {
      return seen
    },
    stop: () => stopping.abort(),
  }
}

async function holdersOf(db: Db, pid: number): Promise<readonly LockHolder[]> {
  const { rows } = await sql<LockHolder>`
    select pid, application_name as application, coalesce(state, '') as state from pg_stat_activity
    where pid = any (pg_blocking_pids(${pid})) order by xact_start`.execute(db)
  return rows
}

/** lock_not_available. */
const isLockTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '55P03'
