import type { Session } from '../database/session.ts'
import type { BatchVerdict, OpenBatch, Rulings } from './ingest-store.ts'

export interface StreamState {
  /** The end of the last closed batch. */
  readonly position: number
  /** In the order of the stream. */
  readonly open: readonly (OpenBatch & { readonly openedAt: Date; readonly verdict: BatchVerdict | null })[]
}

/** In one statement: position and open batches are of one moment, also while a batch is being closed. */
export async function readStream(db: Session['db'], stream: string): Promise<StreamState> {
  const rows = await db
    .selectFrom('tenon.ingest_streams as streams')
    .leftJoin('tenon.ingest_open_batches as open', 'open.stream', 'streams.stream')
    .select([
      'streams.position',
      'open.batch',
      'open.from_position as from',
      'open.to_position as to',
      'open.opened_at as openedAt',
      'open.rulings',
      'open.verdict',
    ])
    .where('streams.stream', '=', stream)
    .orderBy('open.batch')
    .execute()
  const open = rows.flatMap(({ batch, from, to, openedAt, rulings, verdict }) =>
    batch === null || from === null || to === null || openedAt === null
      ? []
      : [{ batch, from, to, openedAt, rulings: { ...transformedIn(verdict), ...rulings }, verdict }],
  )
  return { position: rows[0]?.position ?? 0, open }
}

/** While a fleet is upgraded, a process of the version before still writes what transformations ruled into the verdict alone. */
const transformedIn = (verdict: BatchVerdict | null): Rulings =>
  Object.fromEntries(
    Object.entries(verdict ?? {}).flatMap(([place, ruling]) =>
      typeof ruling === 'object' && ruling.stage === 'transform' ? [[place, ruling] as const] : [],
    ),
  )
