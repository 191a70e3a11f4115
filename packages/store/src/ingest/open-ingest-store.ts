import { sql } from 'kysely'
import { again, type Session, transactAgain } from '../database/session.ts'
import { closeBatch } from './close-batch.ts'
import { dayOf } from './day-of.ts'
import { DEDUP_WINDOW_DAYS, type IngestCounts, type IngestStore } from './ingest-store.ts'
import { judgeBatch } from './judge-batch.ts'
import { openBatch } from './open-batch.ts'
import { listPendingOverrides, markOverridesWritten } from './overrides.ts'
import { readProgress } from './read-progress.ts'
import { readStream } from './read-stream.ts'
import { handBack, share } from './share-streams.ts'

const DAY_MS = 86_400_000

export function openIngestStore(session: Session): IngestStore {
  const { db, clock } = session

  return Object.freeze({
    openBatch: (request) => transactAgain(session, (inner) => openBatch(inner, request)),
    closeBatch: (request) => transactAgain(session, (inner) => closeBatch(inner, request)),
    judgeBatch: (request) =>
      request.claims === undefined || request.claims.length === 0
        ? again(session, () => judgeBatch(session, request))
        : transactAgain(session, (inner) => judgeBatch(inner, request)),
    position: (stream) =>
      again(session, async () => {
        const { position, open } = await readStream(db, stream)
        return { position, openBatches: open.map(({ verdict: _, openedAt: __, ...batch }) => batch) }
      }),
    progress: (streams) => again(session, () => readProgress(session, streams)),
    share: (request) => transactAgain(session, (inner) => share(inner, request)),
    handBack: (request) => again(session, () => handBack(session, request)),
    counters: () =>
      again(session, async () => {
        const { rows } = await sql<IngestCounts>`
          select coalesce(sum(received), 0)::bigint as received, coalesce(sum(stored), 0)::bigint as stored,
            coalesce(sum(duplicate), 0)::bigint as duplicate, coalesce(sum(failed), 0)::bigint as failed, coalesce(sum(dropped), 0)::bigint as dropped
          from tenon.ingest_streams`.execute(db)
        return rows[0] ?? { received: 0, stored: 0, duplicate: 0, failed: 0, dropped: 0 }
      }),
    async forget({ olderThanDays = DEDUP_WINDOW_DAYS } = {}) {
      const before = dayOf(new Date(clock.now().getTime() - olderThanDays * DAY_MS))
      let forgotten = 0
      for (;;) {
        const deleted = await again(session, () => forgetSome(session, before))
        forgotten += deleted
        if (deleted === 0) return forgotten
      }
    },
    listPendingOverrides: ({ limit = 10_000 } = {}) => again(session, () => listPendingOverrides(session, limit)),
    markOverridesWritten: (entries) => again(session, () => markOverridesWritten(session, entries)),
  } satisfies IngestStore)
}

/** In pieces, so that no statement runs into its time limit and no lock is held for long. */
async function forgetSome({ db }: Session, before: string): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from tenon.ingest_seen where ctid = any(array(
      select ctid from tenon.ingest_seen where seen_on < ${before}::date limit 50000
    ))`.execute(db)
  return Number(numAffectedRows ?? 0n)
}
