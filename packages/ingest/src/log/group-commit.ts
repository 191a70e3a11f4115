/** Writes bytes and returns once they are durable. Called one at a time. */
export type DurableWrite = (bytes: Buffer) => Promise<void>

export interface GroupCommit {
  /** Bytes that were given and are not durable yet. */
  readonly queuedBytes: number
  /** Resolves once the pieces are durable. */
  add(pieces: readonly Uint8Array[], bytes: number): Promise<void>
  /** Resolves once everything that was added is durable or has failed. */
  settled(): Promise<void>
}

interface Waiting {
  readonly pieces: readonly Uint8Array[]
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Everybody who waits while the disk is busy shares the next write and its sync: that is what makes "acknowledged
 * means durable" affordable. A write that fails fails for all of its group.
 */
export function createGroupCommit(write: DurableWrite): GroupCommit {
  let queue: Waiting[] = []
  let queuedBytes = 0
  let flushing: Promise<void> | undefined

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const group = queue
      queue = []
      const bytes = Buffer.concat(group.flatMap(({ pieces }) => pieces))
      try {
        await write(bytes)
        for (const { done } of group) done()
      } catch (error) {
        for (const { failed } of group) failed(error)
      } finally {
        queuedBytes -= bytes.length
      }
    }
    flushing = undefined
  }

  return {
    get queuedBytes() {
      return queuedBytes
    },
    add(pieces, bytes) {
      queuedBytes += bytes
      return new Promise((done, failed) => {
        queue.push({ pieces, done, failed })
        flushing ??= flush()
      })
    },
    settled: () => flushing ?? Promise.resolve(),
  }
}
