import { sql } from 'kysely'
import { again, type Session } from '../database/session.ts'
import { secondsSince } from './seconds-since.ts'

/** Work that goes on by itself, and of which nothing was heard for a while. */
export interface StalledWork {
  readonly workspace: string
  readonly id: string
  /** When it last came further. */
  readonly since: Date
}

/** What should go on by itself or be done by people. */
export interface StoreWork {
  /** Messages that are due and wait, by channel. */
  readonly queues: readonly { readonly channel: string; readonly messages: number; readonly oldestS: number }[]
  readonly stalledReplays: readonly StalledWork[]
  readonly stalledImports: readonly StalledWork[]
  /** Proposals of matchers that nobody has decided about. */
  readonly openMatches: readonly { readonly workspace: string; readonly proposals: number; readonly since: Date }[]
  /** Streams of a fleet of which nobody takes care. */
  readonly unheldStreams: readonly string[]
  /** What the last backup is a copy of; null where none was made. */
  readonly lastBackup: Date | null
  /** When the first workspace was made: what there is may be as old. */
  readonly begun: Date | null
}

const STALLED = sql.raw(`clock_timestamp() - interval '15 minutes'`)

export const readWork = (session: Session): Promise<StoreWork> =>
  again(session, async () => {
    const { db } = session
    const { rows: queues } = await sql<StoreWork['queues'][number]>`
      select channel, count(*) as messages, ${secondsSince('min(next_attempt_at)')} as "oldestS" from tenon.messages
      where state = 'queued' and next_attempt_at < clock_timestamp() group by channel order by channel`.execute(db)
    const { rows: stalledReplays } = await sql<StalledWork>`
      select workspace, id, updated_at as since from tenon.replays where state = 'running' and updated_at < ${STALLED} order by updated_at`.execute(
      db,
    )
    const { rows: stalledImports } = await sql<StalledWork>`
      select workspace, id, updated_at as since from tenon.imports
      where state in ('queued', 'running') and updated_at < ${STALLED} order by updated_at`.execute(db)
    const { rows: openMatches } = await sql<StoreWork['openMatches'][number]>`
      select workspace, count(*) as proposals, min(proposed_at) as since from tenon.match_proposals where state = 'open'
      group by workspace order by workspace`.execute(db)
    const { rows: unheld } = await sql<{ stream: string }>`
      select stream from tenon.ingest_shares left join tenon.ingest_workers using (worker)
      where alive_until is null or alive_until < clock_timestamp() - interval '1 minute' order by stream`.execute(db)
    const { rows: ages } = await sql<{ lastBackup: Date | null; begun: Date | null }>`
      select (select max(instant) from tenon.backups) as "lastBackup", (select min(created_at) from tenon.workspaces) as begun`.execute(db)
    const { lastBackup = null, begun = null } = ages[0] ?? {}
    const unheldStreams = unheld.map(({ stream }) => stream)
    return Object.freeze({ queues, stalledReplays, stalledImports, openMatches, unheldStreams, lastBackup, begun })
  })
