import type { Logger } from '@tenon/kernel/contracts'
import type { StoredLog } from '../worker/stored-log.ts'
import { type ReadRequest, readRecords } from './read-records.ts'
import { createReaders } from './readers.ts'
import { listSegments } from './segment.ts'

/** A local log as another process sees it than the one that writes it. */
export interface FollowedLog extends StoredLog {
  /** The writer says that everything before this position is durable. */
  moved(end: number): void
}

export interface FollowOptions {
  readonly folder: string
  readonly end: number
  readonly logger: Logger
}

/**
 * Reads the files of a log, up to where its writer said that they are durable, and touches nothing. What was stored is deleted by the
 * writer, who must hear of it: `release` does nothing here. Damage is refused: `TENON_LOG_CORRUPT`. A position before all that is left goes on
 * there, which is said in the log.
 */
export function followLog({ folder, end: known, logger }: FollowOptions): FollowedLog {
  let end = known
  const readers = createReaders(() => end)
  const onSkip: ReadRequest['onSkip'] = (skipped) => logger.error('left out a part of the event log', { ...skipped })
  return Object.freeze<FollowedLog>({
    async read({ from, maxBytes, maxParts, until = end }) {
      const bound = Math.min(until, end)
      const listed = await listSegments(folder)
      const segments = listed.map((segment, index) => ({ ...segment, end: listed[index + 1]?.base ?? end }))
      return readRecords({ segments, from, maxBytes, maxParts, until: bound, onCorrupt: 'stop', onSkip })
    },
    whenBeyond: readers.whenBeyond,
    release: async () => undefined,
    state: () => ({ end }),
    look: async () => ({ end }),
    moved(now) {
      end = Math.max(end, now)
      readers.wake()
    },
  })
}
