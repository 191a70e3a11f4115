import { mkdir } from 'node:fs/promises'
import type { Logger } from '@tenon/kernel/contracts'
import { LogClosed } from '../errors.ts'
import type { EventLog, LogState } from './event-log.ts'
import { createGroupCommit } from './group-commit.ts'
import { lockFolder } from './lock-folder.ts'
import { readLogId } from './log-id.ts'
import { readRecords } from './read-records.ts'
import { createReaders } from './readers.ts'
import { encodeRecord, RECORD_HEADER_BYTES } from './record.ts'
import { type OnCorrupt, recover } from './recover.ts'
import type { OpenFile } from './segment.ts'
import { openSegments, type Segments } from './segments.ts'

export interface LogOptions {
  readonly folder: string
  /** A segment that reaches this size is closed; 64 MB where absent. */
  readonly segmentBytes?: number
  /** What may wait to be stored; 4 GB where absent. On disk it is up to a segment more. */
  readonly budgetBytes?: number
  /** What to do about damage in the middle; `stop` where absent. */
  readonly onCorrupt?: OnCorrupt
  /** How a file of the log is opened to be written; as the system does it where absent. */
  readonly openFile?: OpenFile
  readonly logger?: Logger
}

const SEGMENT_BYTES = 64 * 1024 * 1024
const BUDGET_BYTES = 4 * 1024 ** 3
const COUNT_PIECE_BYTES = 16 * 1024 * 1024

/**
 * Opens the log in a folder, or makes it: takes the folder for this process, cuts what a crash left behind the last whole
 * record, and refuses to go on over damage unless `onCorrupt` says so.
 */
export async function openLog(options: LogOptions): Promise<EventLog> {
  const { folder, segmentBytes = SEGMENT_BYTES, onCorrupt = 'stop', openFile, logger } = options
  await mkdir(folder, { recursive: true })
  const unlock = await lockFolder(folder)
  try {
    const id = await readLogId(folder)
    const recovered = await recover(folder, onCorrupt)
    if (recovered.tornBytes > 0) logger?.warn('cut the torn end of the event log', { bytes: recovered.tornBytes, position: recovered.end })
    return createLog({ id, segments: await openSegments(recovered, { folder, segmentBytes, openFile, logger }), unlock, options })
  } catch (error) {
    await unlock()
    throw error
  }
}

function createLog(parts: {
  readonly id: string
  readonly segments: Segments
  readonly unlock: () => Promise<void>
  readonly options: LogOptions
}): EventLog {
  const { id, segments, unlock } = parts
  const { budgetBytes = BUDGET_BYTES, onCorrupt = 'stop', logger } = parts.options
  const readers = createReaders(() => segments.end)
  let released = segments.first
  let skippedBytes = 0
  let closed = false

  const group = createGroupCommit(async (bytes) => {
    await segments.write(bytes)
    readers.wake()
  })
  const onSkip = ({ from, to, problem }: { readonly from: number; readonly to: number; readonly problem: string }): void => {
    skippedBytes += to - from
    logger?.error('left out a damaged part of the event log', { from, to, problem })
  }

  const state = (): LogState => ({ first: segments.first, end: segments.end, bytes: segments.bytes, budgetBytes, skippedBytes })

  return Object.freeze<EventLog>({
    id,
    async append(payload, count) {
      if (closed) throw LogClosed.create({})
      const bytes = RECORD_HEADER_BYTES + payload.length
      if (segments.end - released + group.queuedBytes + bytes > budgetBytes) return 'full'
      await group.add(encodeRecord(payload, count), bytes)
      return 'durable'
    },
    read: ({ from, maxBytes, maxParts, until = segments.end }) =>
      readRecords({ segments: segments.bounded(), from, maxBytes, maxParts, until: Math.min(until, segments.end), onCorrupt, onSkip }),
    whenBeyond: readers.whenBeyond,
    release(position) {
      released = Math.max(released, Math.min(position, segments.end))
      return segments.release(released)
    },
    async countParts(from, until) {
      const limits = { maxBytes: COUNT_PIECE_BYTES, maxParts: Number.POSITIVE_INFINITY, until: Math.min(until, segments.end) }
      let count = 0
      for (let next = from; next < limits.until; ) {
        const chunk = await readRecords({ segments: segments.bounded(), from: next, ...limits, onCorrupt: 'skip', onSkip: () => undefined })
        count += chunk.records.reduce((sum, record) => sum + record.parts, 0)
        if (chunk.next === next) break
        next = chunk.next
      }
      return count
    },
    state,
    look: async () => state(),
    async close() {
      if (closed) return
      closed = true
      await group.settled()
      await segments.close()
      await unlock()
    },
  })
}
