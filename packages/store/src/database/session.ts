import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@tenon/kernel/contracts'
import type { Kysely } from 'kysely'
import { StoreUnavailable } from '../errors.ts'
import type { FewAtOnce } from './few-at-once.ts'
import type { Tables } from './tables.ts'
import { isContention, isDisconnect } from './transient.ts'

/** A way to run queries: on any connection of the pool, or within one transaction. */
export interface Session {
  readonly db: Kysely<Tables>
  readonly clock: Clock
  readonly transactional: boolean
  /** For transactions that wait for others: each of them has a connection in its hands, and there are not many. */
  readonly waiters: FewAtOnce
}

/** The session of one workspace: its queries are refused unless they carry the workspace. */
export interface Scope extends Session {
  readonly workspace: string
}

/** Runs in a transaction: the one that is open, or one of its own. Once: nobody knows whether a commit that broke off was done. */
export async function transact<S extends Session, T>(session: S, run: (session: S) => Promise<T>): Promise<T> {
  try {
    return await begin(session, run)
  } catch (error) {
    throw session.transactional ? error : coded(error)
  }
}

/** As `transact`, for work that leaves the same behind when it is done twice: it is done again when Postgres goes away or asks for it. */
export const transactAgain = <S extends Session, T>(session: S, run: (session: S) => Promise<T>): Promise<T> =>
  again(session, () => begin(session, run))

/** One statement that only reads, or that leaves the same behind when it is done twice. */
export async function again<T>(session: Session, run: () => Promise<T>): Promise<T> {
  // A transaction that met an error is lost as a whole; its owner decides.
  if (session.transactional) return run()
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === ATTEMPTS || !(isDisconnect(error) || isContention(error))) throw coded(error)
      await delay(10 * 2 ** attempt)
    }
  }
}

const ATTEMPTS = 8

async function begin<S extends Session, T>(session: S, run: (session: S) => Promise<T>): Promise<T> {
  if (session.transactional) return run(session)
  return session.db.transaction().execute((db) => run({ ...session, db, transactional: true }))
}

/** Callers must be able to tell "later" from "never". */
const coded = (error: unknown): unknown =>
  isDisconnect(error) ? StoreUnavailable.create({ reason: error instanceof Error ? error.message : String(error) }, error) : error
