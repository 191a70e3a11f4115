import { sql } from 'kysely'
import { again, type Session, transactAgain } from '../database/session.ts'
import { closeBatch } from './close-batch.ts'
import { forget, forgottenBefore } from './forget.ts'
import type { IngestCounts, IngestStore } from './ingest-store.ts'
import { judgeBatch } from './judge-batch.ts'
import { openBatch } from './open-batch.ts'
import { listPendingOverrides, markOverridesWritten } from './overrides.ts'
import { readProgress } from './read-progress.ts'
import { readStream } from './read-stream.ts'
import { handBack, share } from './share-streams.ts'

export function openIngestStore(session: Session): IngestStore {
  const { db } = session

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
    forget: (request) => forget(session, request),
    forgottenBefore: () => again(session, () => forgottenBefore(session)),
    listPendingOverrides: ({ limit = 10_000 } = {}) => again(session, () => listPendingOverrides(session, limit)),
    markOverridesWritten: (entries) => again(session, () => markOverridesWritten(session, entries)),
  } satisfies IngestStore)
}
