import type { IngestCounts } from '@tenon/store'

/**
 * received = stored + duplicate + failed + inLog, at every instant. `received` is counted where events are accepted, the others
 * where they are closed: that they agree is a finding and not a definition.
 */
export interface IngestStats extends IngestCounts {
  /** Accepted and durable, not stored yet. */
  readonly inLog: number
  /** Where the stream is in the log. */
  readonly position: number
  readonly end: number
  readonly logBytes: number
  readonly logBudgetBytes: number
  readonly skippedBytes: number
  readonly batches: number
}

export interface Progress {
  readonly counts: IngestCounts
  readonly inLog: number
  readonly position: number
  readonly batches: number
  /** What the stores and the log said when the stream was taken up; later calls say nothing new. */
  begin(at: { readonly counts: IngestCounts; readonly inLog: number; readonly position: number }): void
  accepted(parts: number): void
  stored(counts: IngestCounts, position: number): void
  /** Resolves once the stream has come to the position. */
  reached(position: number): Promise<void>
}

export function createProgress(): Progress {
  const waiting = new Set<{ readonly position: number; readonly done: () => void }>()
  const total = { received: 0, stored: 0, duplicate: 0, failed: 0 }
  let inLog = 0
  let position = -1
  let batches = 0

  function wake(): void {
    for (const entry of [...waiting]) {
      if (entry.position > position) continue
      waiting.delete(entry)
      entry.done()
    }
  }

  return {
    get counts() {
      return { ...total }
    },
    get inLog() {
      return inLog
    },
    get position() {
      return position
    },
    get batches() {
      return batches
    },
    begin(at) {
      if (position < 0) {
        total.received += at.counts.received + at.inLog
        total.stored += at.counts.stored
        total.duplicate += at.counts.duplicate
        total.failed += at.counts.failed
        inLog += at.inLog
      }
      position = Math.max(position, at.position)
      wake()
    },
    accepted(parts) {
      total.received += parts
      inLog += parts
    },
    stored(counts, at) {
      total.stored += counts.stored
      total.duplicate += counts.duplicate
      total.failed += counts.failed
      inLog -= counts.received
      batches += 1
      position = at
      wake()
    },
    reached: (at) => (position >= at ? Promise.resolve() : new Promise((done) => waiting.add({ position: at, done }))),
  }
}
