import type { IngestCounts } from '@tenon/store'

/** received = stored + duplicate + failed + dropped + inLog, at every instant. What is replayed is `failed` until it is settled, also while it waits in the log. */
export interface IngestStats extends IngestCounts {
  /** Accepted and durable, not stored yet. */
  readonly inLog: number
  /** False until the store was asked once: what the log held at the start is in no count before. */
  readonly isKnown: boolean
  /** Where the stream is in the log. */
  readonly position: number
  readonly end: number
  readonly logBytes: number
  readonly logBudgetBytes: number
  readonly skippedBytes: number
  readonly batches: number
}

/** Counts a stream: what comes into the log where it is accepted, what leaves it where a batch is closed. */
export interface Progress {
  readonly counts: IngestCounts
  readonly inLog: number
  /** Negative until the store was asked. */
  readonly position: number
  readonly batches: number
  /** What the store says of the stream. A batch may have been closed without our hearing of it. */
  synchronise(at: { readonly position: number; readonly counts: IngestCounts }): void
  /** Parts that were in the log before we accepted any. */
  found(parts: number): void
  accepted(parts: number): void
  stored(counts: IngestCounts, position: number): void
  /** A batch of a shared log was stored here. */
  batch(): void
  /** Resolves once the stream has come to the position, or the signal fires. */
  reached(position: number, signal?: AbortSignal): Promise<void>
}

export function createProgress(): Progress {
  const waiting = new Set<{ readonly position: number; readonly done: () => void }>()
  let closed: IngestCounts = { received: 0, stored: 0, duplicate: 0, failed: 0, dropped: 0 }
  let received = 0
  let position = -1
  let batches = 0

  function moveTo(at: number): void {
    position = at
    for (const entry of [...waiting]) {
      if (entry.position > position) continue
      waiting.delete(entry)
      entry.done()
    }
  }

  return {
    get counts() {
      return { ...closed, received }
    },
    get inLog() {
      return received - closed.received
    },
    get position() {
      return position
    },
    get batches() {
      return batches
    },
    synchronise({ position: at, counts }) {
      if (position < 0) received += counts.received
      closed = counts
      moveTo(at)
    },
    found(parts) {
      received += parts
    },
    accepted(parts) {
      received += parts
    },
    stored(counts, at) {
      closed = {
        received: closed.received + counts.received,
        stored: closed.stored + counts.stored,
        duplicate: closed.duplicate + counts.duplicate,
        failed: closed.failed + counts.failed,
        dropped: closed.dropped + counts.dropped,
      }
      batches += 1
      moveTo(at)
    },
    batch() {
      batches += 1
    },
    async reached(at, signal) {
      if (position >= at || signal?.aborted) return
      await new Promise<void>((done) => {
        const entry = { position: at, done }
        waiting.add(entry)
        signal?.addEventListener('abort', () => waiting.delete(entry) && done(), { once: true })
      })
    },
  }
}
