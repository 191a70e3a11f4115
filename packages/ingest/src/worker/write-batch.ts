import type { Analytics, FailedEvent } from '@tenon/analytics'
import type { ProfileId } from '@tenon/kernel/contracts'
import type { IngestCounts } from '@tenon/store'
import { isDataFault } from './data-fault.ts'
import { few, poisonOf } from './faults.ts'
import { type Failure, failureOf, type Incoming, settledOf } from './incoming.ts'
import { isolate } from './isolate.ts'
import type { KeptEvent } from './judge-events.ts'
import { lateOnes } from './late-events.ts'
import { measureBatch } from './measure-batch.ts'
import type { PreparedBatch } from './prepare-batch.ts'
import { sentAgain } from './sent-again.ts'
import type { Station } from './station.ts'
import { countBatch, countReplays } from './tally.ts'
import { writeOverrides } from './write-overrides.ts'

export interface StoredBatch {
  readonly batch: number
  readonly counts: IngestCounts
  /** Whose events were stored. */
  readonly profiles: ReadonlyMap<string, readonly ProfileId[]>
  /** Of the first that came for the first time; absent where none did. */
  readonly receivedAt?: Date
}

/** Beyond all that people do to one attempt: what ingest has settled stays settled. */
const SETTLED_STEP = 1_000_000

/** The second step: batches of a stream one after the other. */
export async function writeBatch(prepared: PreparedBatch, station: Station): Promise<StoredBatch> {
  const { stream, store, analytics, clock, meter, signal } = station
  const { chunk, batch, judged } = prepared
  await writeOverrides(store, analytics, signal)
  const name = `${stream}:${chunk.from}-${chunk.next}`
  const again = await sentAgain(judged.kept, batch, station)
  const { written, lost } = await writeRows(
    again.size === 0 ? judged.kept : judged.kept.filter((row) => !again.has(row)),
    prepared,
    name,
    station,
  )
  // Only now: whatever else wrote under the name of this batch comes too late.
  const late = await lateOnes(judged.late, batch, station)
  const rows: readonly (Incoming & { readonly profile: ProfileId })[] = late.stored.length === 0 ? written : [...written, ...late.stored]

  const failed = [...prepared.refused, ...judged.failed, ...lost, ...late.failed]
  const stored = rows.flatMap((row) => (row.replay === undefined ? [] : [settledOf(row, row.replay, 'replayed')]))
  const repeated = [...again].flatMap((row) => (row.replay === undefined ? [] : [settledOf(row, row.replay, 'duplicate')]))
  const outcomes = {
    received: prepared.received,
    duplicate: prepared.duplicate,
    stored: rows.length,
    failed,
    settled: [...prepared.repeated, ...repeated, ...stored],
  }
  const told = [...failed, ...outcomes.settled]
  if (told.length > 0) {
    const at = clock.now()
    const failures = told.map(
      ({ replay: _, ...failure }): FailedEvent => ({ ...failure, batch, step: failure.state === 'open' ? 0 : SETTLED_STEP, at, actor: '' }),
    )
    await analytics.insertFailed(failures, { token: `${name}:failed`, signal })
    await forgetDropped(failed, analytics)
  }
  const counts = countBatch(outcomes)
  await store.ingest.closeBatch({ stream, batch, to: chunk.next, counts, replays: countReplays(outcomes) })
  measureBatch(meter, outcomes, { plans: judged.checked, resolutions: prepared.resolutions })
  const receivedAt = rows.find(({ replay }) => replay === undefined)?.event.receivedAt
  return { batch, counts, profiles: touched(rows), ...(receivedAt === undefined ? {} : { receivedAt }) }
}

/** Writes what is kept under the name of the batch; in parts, where data must be found that the engine refuses. */
async function writeRows(
  kept: readonly KeptEvent[],
  { isolating }: PreparedBatch,
  name: string,
  { stream, analytics, signal }: Station,
): Promise<{ readonly written: readonly KeptEvent[]; readonly lost: readonly Failure[] }> {
  const insert = (part: readonly KeptEvent[]) => {
    const token = part.length === kept.length ? name : `${name}/${kept.indexOf(part[0] as KeptEvent)}+${part.length}`
    return analytics.insertRows(part, { token, signal })
  }
  if (!isolating) {
    if (kept.length > 0) await insert(kept)
    return { written: kept, lost: [] }
  }
  const unwritable = few(await isolate(kept, insert, isDataFault), kept.length)
  return {
    written: unwritable.size === 0 ? kept : kept.filter((row) => !unwritable.has(row)),
    lost: [...unwritable].map(([row, error]) => failureOf(stream, row, poisonOf('write', error))),
  }
}

/** A failed event that consent forbids by now: what was kept of it until now goes as well. */
async function forgetDropped(failed: readonly Failure[], analytics: Analytics): Promise<void> {
  const dropped = failed.filter(({ state, replay }) => state === 'dropped' && replay !== undefined)
  for (const [workspace, of] of Map.groupBy(dropped, (failure) => failure.workspace)) {
    const times = of.map(({ receivedAt }) => receivedAt.getTime())
    const between = { from: new Date(Math.min(...times)), until: new Date(Math.max(...times)) }
    await analytics.forgetFailed({ workspace, ids: of.map(({ id }) => id), ...between })
  }
}

function touched(rows: readonly { readonly workspace: string; readonly profile: ProfileId }[]): ReadonlyMap<string, readonly ProfileId[]> {
  const known = rows.filter(({ profile }) => profile !== 0)
  return new Map(
    [...Map.groupBy(known, ({ workspace }) => workspace)].map(([workspace, of]) => [
      workspace,
      [...new Set(of.map(({ profile }) => profile))],
    ]),
  )
}
