import { setTimeout as pause } from 'node:timers/promises'
import type { Message } from '../mapping/message.ts'
import type { EventCounts, TenonApi } from './tenon-api.ts'

/** Below the 500 KB of a batch, whatever the last message adds. */
const batchBytes = 400_000
const lanes = 4
const patienceMs = 240_000

export interface Sent {
  readonly messages: number
  readonly seconds: number
  /** What the server counted in the meantime. */
  readonly counts: EventCounts
}

/** Sends every message over some connections at once; resolves when each of them is stored, a duplicate or refused. */
export async function sendAll(api: TenonApi, messages: Iterable<Message>): Promise<Sent> {
  const before = await api.eventCounts()
  const batches = batchesOf(messages)
  const start = process.hrtime.bigint()
  let sent = 0
  const lane = async () => {
    for (let batch = batches.next(); batch.done !== true; batch = batches.next()) {
      sent += batch.value.length
      await api.track(batch.value)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  for (let waited = 0; waited < patienceMs; waited += 50) {
    const counts = difference(await api.eventCounts(), before)
    if (counts.stored + counts.duplicate + counts.failed >= sent) {
      return { messages: sent, seconds: Number(process.hrtime.bigint() - start) / 1e9, counts }
    }
    await pause(50)
  }
  throw new Error(`the server did not store ${sent} messages in time`)
}

function* batchesOf(messages: Iterable<Message>): Generator<readonly Message[]> {
  let batch: Message[] = []
  let bytes = 0
  for (const message of messages) {
    batch.push(message)
    bytes += JSON.stringify(message).length
    if (bytes < batchBytes && batch.length < 2_000) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

const difference = (after: EventCounts, before: EventCounts): EventCounts => ({
  received: after.received - before.received,
  stored: after.stored - before.stored,
  duplicate: after.duplicate - before.duplicate,
  failed: after.failed - before.failed,
})
