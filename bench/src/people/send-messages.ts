import type { ServerProcess } from '../load/server-process.ts'

const PER_REQUEST = 250
const CONNECTIONS = 4
const ATTEMPTS = 5

/** Sends calls of the Segment Spec, a few requests at once: nearly in their order, as a fleet of clients does. How many there were. */
export async function sendMessages(
  { address, writeKey }: Pick<ServerProcess, 'address' | 'writeKey'>,
  messages: Iterable<unknown>,
): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`
  const batches = batchesOf(messages)
  let sent = 0
  const send = async (body: string, attempt = 1): Promise<void> => {
    const headers = { authorization, 'content-type': 'application/json' }
    // A connection that was idle while the next messages were made may be closed just now. Sent twice is stored once.
    const answer = await fetch(`${address}/v1/batch`, { method: 'POST', headers, body }).catch((error: unknown) => {
      if (attempt === ATTEMPTS) throw error
      return undefined
    })
    if (answer === undefined) return send(body, attempt + 1)
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`a batch was answered with ${answer.status}`)
  }
  const connection = async (): Promise<void> => {
    for (const batch of batches) {
      const body = JSON.stringify({ batch })
      await send(body)
      sent += batch.length
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  return sent
}

/** One iterator for all connections: each takes the next. */
function batchesOf(messages: Iterable<unknown>): Iterable<readonly unknown[]> {
  const iterator = messages[Symbol.iterator]()
  const next = (): IteratorResult<readonly unknown[]> => {
    const batch: unknown[] = []
    while (batch.length < PER_REQUEST) {
      const { done, value } = iterator.next()
      if (done) break
      batch.push(value)
    }
    return batch.length === 0 ? { done: true, value: undefined } : { done: false, value: batch }
  }
  return { [Symbol.iterator]: () => ({ next }) }
}
