import type { ProfileId } from '@tenon/kernel/contracts'
import type { IngestCounts } from '@tenon/store'
import { isDataFault } from './data-fault.ts'
import { few, poisonOf } from './faults.ts'
import { countImports } from './import-tally.ts'
import { type Failure, failureOf, type Incoming, settledOf } from './incoming.ts'
import { isolate } from './isolate.ts'
import type { KeptEvent } from './judge-events.ts'
import { lateOnes } from './late-events.ts'
import { measureBatch } from './measure-batch.ts'
import type { PreparedBatch } from './prepare-batch.ts'
import { sentAgain } from './sent-again.ts'
import type { Station } from './station.ts'
import { countBatch, countReplays } from './tally.ts'
import { writeFailures } from './write-failures.ts'
import { writeOverrides } from './write-overrides.ts'

export interface StoredBatch {
  readonly batch: number
  readonly counts: IngestCounts
  /** Whose events were stored. */
  readonly profiles: ReadonlyMap<string, readonly ProfileId[]>
  /** Of the first that came for the first time; absent where none did. */
  readonly receivedAt?: Date
}

/** The second step: batches of a stream one after the other. */
export async function writeBatch(prepared: PreparedBatch, station: Station): Promise<StoredBatch> {
  const { stream, store, analytics, meter, signal } = station
  const { piece, batch, judged } = prepared
  await writeOverrides(store, analytics, signal)
  const name = `${stream}:${piece.from}-${piece.next}`
  const { certain, lookedUp } = await sentAgain(judged.kept, batch, station)
  const { written, lost } = await writeRows(certain, prepared, name, station)
  // Apart: what a look-up says may be another thing after a crash, and under one name the engine takes the first rows and no others.
  for (const { workspace, kept } of lookedUp) {
    const more = await writeRows(kept, prepared, `${name}:replayed:${workspace}`, station)
    written.push(...more.written)
    lost.push(...more.lost)
  }
  // Only now: whatever else wrote under the name of this batch comes too late.
  const late = await lateOnes([...judged.late, ...lookedUp.flatMap((of) => of.late)], batch, station)
  const rows: readonly (Incoming & { readonly profile: ProfileId })[] = late.stored.length === 0 ? written : [...written, ...late.stored]

  const failed = [...prepared.refused, ...judged.failed, ...lost, ...late.failed]
  const stored = rows.flatMap((row) => (row.replay === undefined ? [] : [settledOf(row, row.replay, 'replayed')]))
  const repeated = lookedUp.flatMap(({ again }) =>
    again.flatMap((row) => (row.replay === undefined ? [] : [settledOf(row, row.replay, 'duplicate')])),
  )
  const outcomes = {
    received: prepared.received,
    duplicate: prepared.duplicate,
    stored: rows.length,
    failed,
    settled: [...prepared.repeated, ...repeated, ...stored],
  }
  await writeFailures(outcomes, { name, batch, lookedUp }, station)
  const counts = countBatch(outcomes)
  const imports = countImports(prepared.imported, { stored: rows, failed })
  await store.ingest.closeBatch({ stream, batch, to: piece.next, counts, replays: countReplays(outcomes), imports })
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
): Promise<{ readonly written: KeptEvent[]; readonly lost: Failure[] }> {
  const insert = (part: readonly KeptEvent[]) => {
    const token = part.length === kept.length ? name : `${name}/${kept.indexOf(part[0] as KeptEvent)}+${part.length}`
    return analytics.insertRows(part, { token, signal })
  }
  if (!isolating) {
    if (kept.length > 0) await insert(kept)
    return { written: [...kept], lost: [] }
  }
  const unwritable = few(await isolate(kept, insert, isDataFault), kept.length)
  return {
    written: kept.filter((row) => !unwritable.has(row)),
    lost: [...unwritable].map(([row, error]) => failureOf(stream, row, poisonOf('write', error))),
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
