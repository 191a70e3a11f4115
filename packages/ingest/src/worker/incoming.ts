import { createHash } from 'node:crypto'
import type { FailedEvent, PlanBreaches } from '@tenon/analytics'
import type { InstanceId } from '@tenon/kernel'
import { type EventKey, IMPORT_SOURCE, REPORT_SOURCE } from '@tenon/store'
import { decodeRequest, type RefusedPart, type ReplayMark } from '../accept/accepted-request.ts'
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
  /** Stopped before its transformations were through with it: it may hold what one of them takes out. */
  readonly halfway?: true
  /** The occurrence that a transformation takes it for a report of. */
  readonly report?: Report
  /** It failed before, and was received then. */
  readonly replay?: ReplayMark
  /** What its tracking plan finds in it. */
  readonly breaches?: PlanBreaches
  /** The import that brought it. */
  readonly importId?: string
}

/** Of the events of a workspace that report the same, one is stored. */
export interface Report {
  /** Who says so. */
  readonly instance: InstanceId
  readonly what: string
}

/** A failed event, or what becomes of one; when it is written says when it happened. */
export interface Failure extends Omit<FailedEvent, 'batch' | 'at' | 'step' | 'actor'> {
  readonly replay?: ReplayMark
  readonly importId?: string
}

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
  /** What nobody can read, nor when it was received. */
  readonly unreadable: readonly Omit<Failure, 'receivedAt'>[]
}

/** Reads records. One that can not be read becomes a failed event: it must not stall those behind it. */
export async function readIncoming(stream: string, chunk: LogChunk): Promise<IncomingBatch> {
  const events: Incoming[] = []
  const refused: Failure[] = []
  const refusedOnce: RefusedOnce[] = []
  const unreadable: Omit<Failure, 'receivedAt'>[] = []
  let breathedAt = 0
  for (const record of chunk.records) {
    if (events.length - breathedAt >= EVENTS_PER_BREATH) {
      breathedAt = events.length
      await breathe()
    }
    try {
      const request = decodeRequest(record.payload)
      const { workspace, source, receivedAt, replay } = request
      const ofImport = importOf(request)
      const mark = replay === undefined ? ofImport : { ...ofImport, replay }
      for (const [index, event] of request.events.entries()) events.push({ workspace, place: placeOf(record, index), event, ...mark })
      for (const [index, part] of request.refused.entries()) {
        const place = placeOf(record, request.events.length + index)
        const what = { id: failureId(stream, place), workspace, source, receivedAt, ...ofImport }
        const failure: Failure = { ...refusalOf(part), ...what, ...attemptOf(replay) }
        if (replay !== undefined) refusedOnce.push({ key: replayKey(workspace, replay), failure })
        else if (part.once && part.messageId !== undefined)
          refusedOnce.push({ key: refusalKey(workspace, source, part.messageId), failure })
        else refused.push(failure)
      }
    } catch (error) {
      for (let index = 0; index < record.parts; index++) unreadable.push(unreadablePart(stream, record, index, error))
    }
  }
  return { events, refused, refusedOnce, unreadable }
}

const refusalOf = ({ code, reason, payload, cut, messageId, format = 'source', stage = 'accept' }: RefusedPart) =>
  ({
    ...({ state: 'open', stage, code, reason, payload, format } as const),
    ...(cut === undefined ? {} : { cut }),
    ...(messageId === undefined ? {} : { messageId }),
  }) as const

const importOf = ({ importId }: Pick<Incoming, 'importId'>) => (importId === undefined ? {} : { importId })

/** The failed event that an attempt is about: the same, one attempt later. */
const attemptOf = (replay: ReplayMark | undefined) =>
  replay === undefined ? { attempt: 0 } : { id: replay.id, attempt: replay.attempt + 1, replay }

/** An attempt is made once, however often it was asked for. No source has this name. */
export const replayKey = (workspace: string, { id, attempt }: ReplayMark): EventKey => ({
  workspace,
  source: '',
  messageId: `${id}/${attempt}`,
})

/** Longer than the id of any event: nobody can name one so that it passes for a refusal. Ids of rows are hashes, and their refusals are known as they were. */
const REFUSED = 'refused '.padEnd(512)

/** What was refused may come again repaired: an event with its messageId is not a duplicate of the refusal. */
const refusalKey = (workspace: string, source: string, messageId: string): EventKey => ({
  workspace,
  source,
  messageId: `${source.startsWith(IMPORT_SOURCE) ? 'refused ' : REFUSED}${messageId}`,
})

/**
 * What was stopped before it claimed its message id. Apart from what was refused: that may come repaired, and be stopped then. Of an import, too,
 * it is remembered for the window alone: by then its failed event may be gone.
 */
export const stopKey = ({ workspace, event: { source, messageId } }: Incoming): EventKey => ({
  workspace,
  source: `stopped:${source}`,
  messageId: `stopped ${messageId}`,
})

const placeOf = ({ place }: LogRecord, index: number): string => `${place}.${index}`

/** Whatever source it came from. */
export const reportKey = (workspace: string, { what }: Report): EventKey => ({ workspace, source: REPORT_SOURCE, messageId: what })

function unreadablePart(stream: string, record: LogRecord, index: number, error: unknown): Omit<Failure, 'receivedAt'> {
  return {
    id: failureId(stream, placeOf(record, index)),
    workspace: '',
    source: '',
    state: 'open',
    attempt: 0,
    format: 'event',
    stage: 'log',
    code: 'UNREADABLE_RECORD',
    reason: error instanceof Error ? error.message : 'thrown',
    payload: index === 0 ? record.payload.toString('utf8') : '',
  }
}

export interface Fault {
  readonly stage: string
  readonly code: string
  readonly reason: string
}

/** What happened to an event behind the log. It is kept as it came, for so it is sent through everything once more. */
export function failureOf(stream: string, incoming: Incoming, { stage, code, reason }: Fault): Failure {
  const { workspace, place, replay, original, event: now } = incoming
  const event = original ?? now
  const { source, messageId, receivedAt, name } = event
  const what = { state: 'open', stage, code, reason, event: name, payload: payloadOf(event), format: 'event', messageId } as const
  return { ...what, id: failureId(stream, place), workspace, source, receivedAt, ...importOf(incoming), ...attemptOf(replay) }
}

/** That an event came which may not be kept: nothing of what it said. */
export function droppedOf(stream: string, incoming: Incoming, { stage, code, reason }: Fault): Failure {
  const { workspace, place, event, replay } = incoming
  const { source, receivedAt } = event
  const what = { state: 'dropped', stage, code, reason, payload: '', format: 'event' } as const
  return { ...what, id: failureId(stream, place), workspace, source, receivedAt, ...importOf(incoming), ...attemptOf(replay) }
}

/** What becomes of a failed event that is stored, or that its sender had sent again in the meantime. */
export function settledOf({ workspace, event }: Incoming, replay: ReplayMark, state: 'replayed' | 'duplicate'): Failure {
  const { source, messageId, receivedAt, name } = event
  const { stage, code } = replay
  const what = { state, stage, code, reason: '', event: name, payload: '', format: 'event', messageId } as const
  return { ...what, workspace, source, receivedAt, id: replay.id, attempt: replay.attempt + 1, replay }
}

/** For people, who may correct it by hand. */
const payloadOf = (event: LoggedEvent): string => {
  const { source: _, receivedAt: __, ...draft } = wholeEvent(event)
  return JSON.stringify(draft)
}

/** A UUID that is the same whenever the batch is written. */
function failureId(stream: string, place: string): string {
  const hex = createHash('sha256').update(`${stream}/${place}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
