import { setTimeout as delay } from 'node:timers/promises'
import { errorCode } from '@tenon/kernel'
import type { Logger } from '@tenon/kernel/contracts'
import type { OpenBatch, Ruling, Rulings } from '@tenon/store'
import { LogBehindStore, LogReadFailed } from '../errors.ts'
import type { Blame } from '../identity/work.ts'
import type { EventLog, LogChunk, LogRecord, LogState } from '../log/event-log.ts'
import { batchSeconds } from '../metrics.ts'
import { isDataFault } from './data-fault.ts'
import { type PreparedBatch, prepareBatch } from './prepare-batch.ts'
import type { Station } from './station.ts'
import { type StoredBatch, writeBatch } from './write-batch.ts'
import { writeOverrides } from './write-overrides.ts'

export interface WorkerLimits {
  /** Of one batch in the log. */
  readonly batchBytes: number
  /** Events of one batch. Of twice as many each costs the engine a fifth less, and those who wait for answers wait longer. */
  readonly batchEvents: number
  /** How long the first event of a batch waits for others. */
  readonly lingerMs: number
  /** Between two tries; doubles from 100 ms up to this. */
  readonly longestPauseMs: number
}

export const DEFAULT_WORKER_LIMITS: WorkerLimits = Object.freeze({
  batchBytes: 32 * 1024 * 1024,
  batchEvents: 10_000,
  lingerMs: 50,
  longestPauseMs: 5_000,
})

/** What it takes of a log to store it. */
export interface StoredLog extends Pick<EventLog, 'read' | 'whenBeyond' | 'release'> {
  state(): Pick<LogState, 'end'>
  look(): Promise<Pick<LogState, 'end'>>
}

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
 * Stores the log, piece by piece, until the signal fires; until `leave` fires and what is underway is stored. While one piece is written to the engine the next is prepared; they are written
 * in order, one at a time. Whatever goes wrong it tries again, for ever: the log keeps what waits.
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
  const timed = async <T>(phase: 'prepare' | 'write', run: () => Promise<T>): Promise<T> => {
    const begun = performance.now()
    const result = await run()
    meter.observe(batchSeconds, { phase }, (performance.now() - begun) / 1_000)
    return result
  }
  let faults = 0
  let pause = FIRST_PAUSE_MS
  let writing = Promise.resolve()

  const prepare = (chunk: LogChunk, known: { readonly standing?: Rulings } = {}): Promise<PreparedBatch> =>
    timed('prepare', () => prepareBatch(chunk, station, { ...known, isolating: faults > PATIENCE, blamed, remembered }))
  const write = async (prepared: PreparedBatch): Promise<void> => {
    const stored = await timed('write', () => writeBatch(prepared, station))
    const position = prepared.chunk.next
    faults = 0
    pause = FIRST_PAUSE_MS
    // It is stored: what the log keeps too long costs room and nothing else.
    await log.release(position).catch((error: unknown) => logger.warn('what is stored could not be deleted from the log', { error }))
    events.onStored(stored, position)
  }
  const replay = async ({ from, to, rulings }: OpenBatch): Promise<void> => {
    await write(await prepare(await readAll(log, from, to), { standing: rulings }))
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
      await log.whenBeyond(next, ending)
      signal.throwIfAborted()
      if (leave.aborted) return writing
      await linger(log, next, limits, ending)
      const chunk = await log.read({ from: next, maxBytes: limits.batchBytes, maxParts: limits.batchEvents })
      if (chunk.next === next) continue
      const prepared = await prepare(chunk)
      await writing
      writing = write(prepared)
      writing.catch(() => undefined)
      next = prepared.chunk.next
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

/** A piece that was opened before is made good as a whole: it must not shrink because the log answered late. */
async function readAll(log: StoredLog, from: number, to: number): Promise<LogChunk> {
  const records: LogRecord[] = []
  let parts = 0
  for (let next = from; next < to; ) {
    const chunk = await log.read({ from: next, until: to, maxBytes: Number.MAX_SAFE_INTEGER, maxParts: Number.MAX_SAFE_INTEGER })
    if (chunk.next === next) throw LogReadFailed.create({ reason: `nothing can be read from ${next} to ${to}` })
    records.push(...chunk.records)
    parts += chunk.parts
    next = chunk.next
  }
  return { from, records, parts, next: to }
}

/** What comes within one pause is a crowd from here on: about 700 events. */
const CROWD_BYTES = 512 * 1024
/** From here on a batch is large enough for what an insert costs whatever its size: about 6,000 events. */
const AMPLE_BYTES = 4 * 1024 * 1024
const PAUSES_IN_A_CROWD = 4

/**
 * Gives others a moment to join, unless there is a full batch already. Where many join in one moment more moments are worth their while: an
 * insert costs the engine the same for a hundred events as for thousands. Of a shared log, whose positions count messages, it is one moment.
 */
async function linger(log: StoredLog, from: number, { batchBytes, lingerMs }: WorkerLimits, signal: AbortSignal): Promise<void> {
  const waiting = (): number => log.state().end - from
  const enough = Math.min(batchBytes, AMPLE_BYTES)
  for (let pauses = 0; lingerMs > 0 && pauses < PAUSES_IN_A_CROWD && waiting() < enough && !signal.aborted; pauses++) {
    await delay(lingerMs, undefined, { signal }).catch(() => undefined)
    if (waiting() < CROWD_BYTES) return
  }
}
