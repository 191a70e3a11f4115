import { createHash } from 'node:crypto'
import type { FailedEvent } from '@tenon/analytics'
import type { EventKey } from '@tenon/store'
import { decodeRequest } from '../accept/accepted-request.ts'
import { type LoggedEvent, wholeEvent } from '../accept/logged-event.ts'
import type { LogChunk, LogRecord } from '../log/event-log.ts'
import { breathe, EVENTS_PER_BREATH } from './breathe.ts'

/** An event out of the log, with the workspace that its key stands for. */
export interface Incoming {
  readonly workspace: string
  /** Its place in the stream: the same whenever the log is read. */
  readonly place: string
  readonly event: LoggedEvent
  /** As it was before the transformations, where they changed it. */
  readonly original?: LoggedEvent
}

export type Failure = Omit<FailedEvent, 'batch'>

export interface RefusedOnce {
  readonly key: EventKey
  readonly failure: Failure
}

export interface IncomingBatch {
  readonly events: readonly Incoming[]
  /** What was refused before the log. */
  readonly refused: readonly Failure[]
  /** The same, of which each counts once: the store knows which came before. */
  readonly refusedOnce: readonly RefusedOnce[]
}

/** Reads records. One that can not be read becomes a failed event: it must not stall those behind it. */
export async function readIncoming(stream: string, chunk: LogChunk): Promise<IncomingBatch> {
  const events: Incoming[] = []
  const refused: Failure[] = []
  const refusedOnce: RefusedOnce[] = []
  let breathedAt = 0
  for (const record of chunk.records) {
    if (events.length - breathedAt >= EVENTS_PER_BREATH) {
      breathedAt = events.length
      await breathe()
    }
    try {
      const request = decodeRequest(record.payload)
      const { workspace, source, receivedAt } = request
      for (const [index, event] of request.events.entries()) events.push({ workspace, place: placeOf(record, index), event })
      for (const [index, part] of request.refused.entries()) {
        const place = placeOf(record, request.events.length + index)
        const { once, stage = 'accept', ...rest } = part
        const failure: Failure = { ...rest, id: failureId(stream, place), workspace, source, stage, receivedAt }
        if (once && part.messageId !== undefined) refusedOnce.push({ key: refusalKey(workspace, source, part.messageId), failure })
        else refused.push(failure)
      }
    } catch (error) {
      for (let index = 0; index < record.parts; index++) refused.push(unreadable(stream, record, index, error))
    }
  }
  return { events, refused, refusedOnce }
}

/** A row that was refused may come again repaired: an event with its messageId is not a duplicate of the refusal. */
const refusalKey = (workspace: string, source: string, messageId: string): EventKey => ({
  workspace,
  source,
  messageId: `refused ${messageId}`,
})

const placeOf = ({ place }: LogRecord, index: number): string => `${place}.${index}`

function unreadable(stream: string, record: LogRecord, index: number, error: unknown): Failure {
  return {
    id: failureId(stream, placeOf(record, index)),
    workspace: '',
    source: '',
    stage: 'log',
    code: 'UNREADABLE_RECORD',
    reason: error instanceof Error ? error.message : 'thrown',
    payload: index === 0 ? record.payload.toString('utf8') : '',
    receivedAt: new Date(0),
  }
}

/** What happened to an event behind the log. Of one that may not be kept, only what it was: not what it said. */
export function failureOf(
  stream: string,
  { workspace, place, event }: Incoming,
  fault: { readonly stage: string; readonly code: string; readonly reason: string; readonly keep: 'payload' | 'name' },
): Failure {
  const { source, messageId, receivedAt, type, name } = event
  const { stage, code, reason } = fault
  const payload = fault.keep === 'payload' ? payloadOf(event) : JSON.stringify({ type, name })
  return { id: failureId(stream, place), workspace, source, stage, code, reason, payload, messageId, receivedAt }
}

const payloadOf = (event: LoggedEvent): string => {
  const { source: _, receivedAt: __, ...draft } = wholeEvent(event)
  return JSON.stringify({ ...draft, timestamp: event.timestamp.getTime() })
}

/** A UUID that is the same whenever the batch is written. */
function failureId(stream: string, place: string): string {
  const hex = createHash('sha256').update(`${stream}/${place}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
