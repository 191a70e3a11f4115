import { LogWriteFailed } from '../../errors.ts'
import { encodeRecord, RECORD_HEADER_BYTES } from '../record.ts'

/** Publishes one message and resolves once the stream has it. */
export type Publish = (message: { readonly bytes: Uint8Array; readonly parts: number }) => Promise<'durable' | 'full'>

export interface Publisher {
  /** Resolves once the stream has the record; `full` when it has no room, or when too much waits already. */
  add(payload: Uint8Array, parts: number): Promise<'durable' | 'full'>
  /** Resolves once everything that was added is in the stream or has failed. */
  settled(): Promise<void>
}

export interface PublisherLimits {
  /** Of one message. */
  readonly messageBytes: number
  /** Parts of one message, beyond which it takes no further record: workers read whole messages. */
  readonly messageParts: number
  /** Messages that wait for their acknowledgement at one time. */
  readonly inFlight: number
  /** Of everything that waits. */
  readonly queueBytes: number
}

interface Waiting {
  readonly pieces: readonly Uint8Array[]
  readonly bytes: number
  readonly parts: number
  readonly done: (outcome: 'durable' | 'full') => void
  readonly failed: (error: unknown) => void
}

/** Everybody who waits while messages are underway shares the next one: one message and one acknowledgement for many requests. */
export function createPublisher(publish: Publish, limits: PublisherLimits): Publisher {
  const underway = new Set<Promise<void>>()
  let queue: Waiting[] = []
  let queuedBytes = 0

  function nextGroup(): readonly Waiting[] {
    let bytes = 0
    let parts = 0
    let count = 0
    for (const waiting of queue) {
      bytes += waiting.bytes
      if (count > 0 && (bytes > limits.messageBytes || parts >= limits.messageParts)) break
      parts += waiting.parts
      count += 1
    }
    const group = queue.slice(0, count)
    queue = queue.slice(count)
    return group
  }

  async function send(group: readonly Waiting[]): Promise<void> {
    const bytes = Buffer.concat(group.flatMap(({ pieces }) => pieces))
    try {
      const outcome = await publish({ bytes, parts: group.reduce((sum, { parts }) => sum + parts, 0) })
      for (const { done } of group) done(outcome)
    } catch (error) {
      for (const { failed } of group) failed(error)
    } finally {
      queuedBytes -= bytes.length
    }
  }

  function pump(): void {
    while (queue.length > 0 && underway.size < limits.inFlight) {
      const sending = send(nextGroup()).finally(() => {
        underway.delete(sending)
        pump()
      })
      underway.add(sending)
    }
  }

  return {
    add(payload, parts) {
      const bytes = RECORD_HEADER_BYTES + payload.length
      if (bytes > limits.messageBytes)
        return Promise.reject(LogWriteFailed.create({ reason: `a record of ${bytes} bytes does not fit into a message` }))
      if (queuedBytes + bytes > limits.queueBytes) return Promise.resolve('full')
      queuedBytes += bytes
      return new Promise((done, failed) => {
        queue.push({ pieces: encodeRecord(payload, parts), bytes, parts, done, failed })
        pump()
      })
    },
    async settled() {
      while (underway.size > 0) await Promise.all(underway)
    },
  }
}
