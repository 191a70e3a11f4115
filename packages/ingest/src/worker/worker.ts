import { setTimeout as delay } from 'node:timers/promises'
import { errorCode } from '@tenon/kernel'
import type { Logger } from '@tenon/kernel/contracts'
import type { OpenBatch, Ruling, Rulings } from '@tenon/store'
import { LogBehindStore } from '../errors.ts'
import type { Blame } from '../identity/work.ts'
import type { LogChunk } from '../log/event-log.ts'
import { batchSeconds } from '../metrics.ts'
import { isDataFault } from './data-fault.ts'
import { type DecodedBatch, decodeBatch } from './decode-batch.ts'
import { type PreparedBatch, prepareBatch } from './prepare-batch.ts'
import { readAll, readChunk, whenWorthReading } from './read-chunk.ts'
import type { Station } from './station.ts'
import type { StoredLog, WorkerLimits } from './stored-log.ts'
import { type StoredBatch, writeBatch } from './write-batch.ts'
import { writeOverrides } from './write-overrides.ts'

export interface WorkerEvents {
  /** Where the stream is, when it was read from the store. */
  onPosition(position: number): Promise<void>
  onStored(stored: StoredBatch, position: number): void
  /** Something is in the way: the code of the error, or its name. */
  onTrouble(code: string): void
  /** It has passed by itself. What is stored says so as well. */
  onWell(): void
}

const FIRST_PAUSE_MS = 100
/** As often the same piece may be refused for its data before somebody looks for the culprit: a race passes by itself. */
const PATIENCE = 2

/**
 * Stores the log, piece by piece, until the signal fires; until `leave` fires and what is underway is stored. While one piece is written
 * to the engine the next is prepared; they are written in order, one at a time. Whatever goes wrong it tries again, for ever: the log keeps what waits.
 */
export async function runWorker(options: {
  readonly log: StoredLog
  readonly station: Station
  readonly limits: WorkerLimits
  readonly logger: Logger
  readonly events: WorkerEvents
  readonly leave?: AbortSignal
}): Promise<void> {
  const { log, station, limits, logger, events } = options
  const { signal, store, stream, meter } = station
  const { leave = signal } = options
  const ending = AbortSignal.any([signal, leave])
  const blamed = new Map<string, Blame>()
  const remembered = new Map<string, Ruling>()
  const timed = async <T>(phase: 'decode' | 'prepare' | 'write', run: () => Promise<T>): Promise<T> => {
    const begun = performance.now()
    const result = await run()
    meter.observe(batchSeconds, { phase }, (performance.now() - begun) / 1_000)
    return result
  }
  let faults = 0
  let pause = FIRST_PAUSE_MS
  let writing = Promise.resolve()

  const decode = (chunk: LogChunk): Promise<DecodedBatch> => timed('decode', () => decodeBatch(chunk, station, { remembered }))
  const prepare = (decoded: DecodedBatch, known: { readonly standing?: Rulings } = {}): Promise<PreparedBatch> =>
    timed('prepare', () => prepareBatch(decoded, station, { ...known, isolating: faults > PATIENCE, blamed, remembered }))
  const write = async (prepared: PreparedBatch): Promise<void> => {
    const stored = await timed('write', () => writeBatch(prepared, station))
    const position = prepared.piece.next
    faults = 0
    pause = FIRST_PAUSE_MS
    // It is stored: what the log keeps too long costs room and nothing else.
    await log.release(position).catch((error: unknown) => logger.warn('what is stored could not be deleted from the log', { error }))
    events.onStored(stored, position)
  }
  const replay = async ({ from, to, rulings }: OpenBatch): Promise<void> => {
    await write(await prepare(await decode(await readAll(log, from, to)), { standing: rulings }))
  }

  const follow = async (): Promise<void> => {
    const { position, openBatches } = await store.ingest.position(stream)
    const { end } = await log.look()
    if (position > end) throw LogBehindStore.create({ stream, stored: position, end })
    await events.onPosition(position)
    // Merges of before, which a restore or a crash left untold, must not wait for the next event.
    await writeOverrides(store, station.analytics, signal)
    for (const open of openBatches) await replay(open)
    let next = openBatches.at(-1)?.to ?? position
    for (;;) {
      signal.throwIfAborted()
      // Nothing to prepare: then whatever becomes of the last piece is heard now.
      if (log.state().end <= next) await writing
      await whenWorthReading(log, next, limits, ending)
      signal.throwIfAborted()
      if (leave.aborted) return writing
      const chunk = await readChunk(log, next, limits)
      if (chunk.next === next) continue
      const prepared = await prepare(await decode(chunk))
      await writing
      writing = write(prepared)
      writing.catch(() => undefined)
      next = prepared.piece.next
    }
  }

  while (!ending.aborted) {
    try {
      await follow()
    } catch (error) {
      // A piece that is being written must be through before it is written again.
      await writing.catch(() => undefined)
      writing = Promise.resolve()
      if (ending.aborted) return
      if (isDataFault(error)) faults += 1
      events.onTrouble(errorCode(error) ?? (error instanceof Error ? error.name : 'unknown'))
      logger.error('a batch could not be stored; it is tried again', { error, pauseMs: pause, isolating: faults > PATIENCE })
      await delay(pause, undefined, { signal: ending }).catch(() => undefined)
      pause = Math.min(pause * 2, limits.longestPauseMs)
    }
  }
}
