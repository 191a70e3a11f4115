import type { Store } from '@tenon/store'
import { decodeRequest } from '../accept/accepted-request.ts'
import { recordsOf } from '../log/jetstream/message.ts'
import type { SharedLog } from '../log/shared-log.ts'

/** A stream of a fleet, and what nobody has stored of it. */
export interface WaitingStream {
  /** On the server. */
  readonly name: string
  /** In the store. */
  readonly stream: string
  readonly messages: number
  /** When the first event that waits was received; absent where none does, or it was stored just now. */
  readonly since?: Date
}

/** Looks at the streams as they are now, whoever stores them. */
export async function waitingStreams(
  store: Pick<Store, 'ingest'>,
  { copies = [], prefix }: { readonly copies?: readonly SharedLog[]; readonly prefix: string },
): Promise<readonly WaitingStream[]> {
  const streams = copies.map(({ id }) => `${prefix}:${id}`)
  if (streams.length === 0) return []
  const progress = new Map((await store.ingest.progress(streams)).map(({ stream, position }) => [stream, position]))
  return Promise.all(copies.map((log, index) => waitingIn(log, streams[index] ?? '', progress.get(streams[index] ?? '') ?? 0)))
}

async function waitingIn(log: SharedLog, stream: string, position: number): Promise<WaitingStream> {
  const messages = Math.max(0, (await log.end()) - position)
  const since = messages === 0 ? undefined : await firstReceived(log, position)
  return { name: log.name, stream, messages, ...(since === undefined ? {} : { since }) }
}

/** What is stored and deleted while we look is none of the waiting. */
async function firstReceived(log: SharedLog, position: number): Promise<Date | undefined> {
  try {
    for await (const message of log.messages(position, position + 1)) {
      const [record] = recordsOf(message)
      if (record !== undefined) return decodeRequest(record.payload).receivedAt
    }
  } catch {
    return undefined
  }
  return undefined
}
