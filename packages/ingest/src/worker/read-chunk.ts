import { setTimeout as delay } from 'node:timers/promises'
import { LogReadFailed } from '../errors.ts'
import type { LogChunk, LogRecord } from '../log/event-log.ts'
import type { StoredLog, WorkerLimits } from './stored-log.ts'

/** What comes within one pause is a crowd from here on: about 700 events. */
const CROWD_BYTES = 512 * 1024
/** From here on a batch is large enough for what an insert costs whatever its size: about 6,000 events. */
const AMPLE_BYTES = 4 * 1024 * 1024
const PAUSES_IN_A_CROWD = 4

/** Resolves once there is something behind this position and others had a moment to join it, or the signal fires. */
export async function whenWorthReading(log: StoredLog, from: number, limits: WorkerLimits, signal: AbortSignal): Promise<void> {
  await log.whenBeyond(from, signal)
  await linger(log, from, limits, signal)
}

export const readChunk = (log: StoredLog, from: number, { batchBytes, batchEvents }: WorkerLimits): Promise<LogChunk> =>
  log.read({ from, maxBytes: batchBytes, maxParts: batchEvents })

/** Whether what waits behind this position would gain nothing by waiting longer. */
const isAmple = (log: StoredLog, from: number, { batchBytes }: WorkerLimits): boolean =>
  log.state().end - from >= Math.min(batchBytes, AMPLE_BYTES)

/** A piece that was opened before is made good as a whole: it must not shrink because the log answered late. */
export async function readAll(log: StoredLog, from: number, to: number): Promise<LogChunk> {
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

/**
 * Gives others a moment to join, unless there is a full batch already. Where many join in one moment more moments are worth their while: an
 * insert costs the engine the same for a hundred events as for thousands. Of a shared log, whose positions count messages, it is one moment.
 */
async function linger(log: StoredLog, from: number, limits: WorkerLimits, signal: AbortSignal): Promise<void> {
  const { lingerMs } = limits
  for (let pauses = 0; lingerMs > 0 && pauses < PAUSES_IN_A_CROWD && !isAmple(log, from, limits) && !signal.aborted; pauses++) {
    await delay(lingerMs, undefined, { signal }).catch(() => undefined)
    if (log.state().end - from < CROWD_BYTES) return
  }
}
