import type {
  CallContext,
  EventDraft,
  EventType,
  Json,
  Properties,
  PushReading,
  PushRequest,
  PushSource,
  Refused,
} from '@tenon/kernel/contracts'
import { answerTo, json, preflight, settings, sourceConfig } from './answers.ts'
import type { SegmentConfig } from './config.ts'
import { compilePaths } from './identifiers.ts'
import { field, isList, isObject } from './json.ts'
import { type Body, readBody } from './read-body.ts'
import { type Envelope, isEventType, readEvent } from './read-event.ts'
import { purposeOf, routes } from './routes.ts'
import { exactSize } from './size.ts'
import { readTime } from './timestamp.ts'
import { readWriteKey } from './write-key.ts'

/** A key in the body is read before the events are: a body is parsed once for both, by whichever instance asks first. */
const bodies = new WeakMap<PushRequest, Body>()

/** A source for every client of Segment's HTTP API. Pure: the same request at the same instant reads the same. */
export function createSegmentSource(config: SegmentConfig): PushSource {
  const identifiers = compilePaths(config.identifiers)
  const bodyOf = (request: PushRequest): Body => {
    const body = bodies.get(request) ?? readBody(request.body)
    bodies.set(request, body)
    return body
  }
  const parsed = (request: PushRequest): Json | undefined => {
    const body = bodyOf(request)
    return body.ok ? body.value : undefined
  }
  const keyOf = (request: PushRequest): string | undefined => readWriteKey(request, () => parsed(request))

  function readEvents(request: PushRequest, type: EventType | undefined, context: CallContext): PushReading {
    const body = bodyOf(request)
    if (!body.ok) return unreadable(body.code, body.code === 'EMPTY_BODY' ? 'the body is empty' : 'the body is not JSON', body.text)
    const { value } = body
    if (!isObject(value) && !isList(value)) return unreadable('NOT_AN_EVENT', 'the body must be an event or a batch of events', value)
    const events = eventsOf(value)
    if (events.length > config.maxBatchEvents) {
      return unreadable('BATCH_TOO_LONG', `a batch may have ${config.maxBatchEvents} events`, value)
    }
    const isBatch = events[0] !== value
    const envelope: Envelope = {
      receivedAt: context.now.getTime(),
      sentAt: (isObject(value) ? readTime(field(value, 'sentAt')) : undefined) ?? readTime(request.headers.sentat),
      context: isBatch && isObject(value) ? contextOf(value) : undefined,
      unclean: body.unclean,
      maxEventBytes: config.maxEventBytes,
      identifiers,
    }
    const reading = readAll(events, isBatch ? undefined : type, envelope)
    const tooLarge = request.body.length > config.maxBatchBytes && sizeOfFitting(events, reading.refused) > config.maxBatchBytes
    return tooLarge ? unreadable('BATCH_TOO_LARGE', `a batch may have ${config.maxBatchBytes} bytes`, value) : reading
  }

  /** A body whose `batch` is no list, and which is no event either, holds nothing that could be kept: its sender hears of it. */
  function readBatch(request: PushRequest, context: CallContext): PushReading {
    const reading = readEvents(request, undefined, context)
    const body = parsed(request)
    const batch = isObject(body) ? field(body, 'batch') : undefined
    const isEmpty = reading.kind === 'events' && reading.events.length === 0
    return isEmpty && batch !== undefined && !isList(batch)
      ? unreadable('BATCH_NOT_A_LIST', 'batch must be a list of events', body)
      : reading
  }

  function read(request: PushRequest, context: CallContext): PushReading {
    if (request.method === 'OPTIONS') return { kind: 'answer', answer: preflight(request) }
    const purpose = purposeOf(request.route)
    switch (purpose) {
      case 'metrics':
        return { kind: 'answer', answer: json(request, 200, { success: true }) }
      case 'settings':
        return { kind: 'answer', answer: settings(request, keyOf(request) ?? '') }
      case 'source-config':
        return { kind: 'answer', answer: sourceConfig(request, keyOf(request) ?? '', context.now, context.workspace) }
      case 'batch':
        return readBatch(request, context)
      case undefined:
        return readEvents(request, undefined, context)
      case 'typed':
        return readEvents(request, isEventType(request.params.type) ? request.params.type : undefined, context)
      default:
        return readEvents(request, purpose, context)
    }
  }

  return {
    routes,
    writeKey: keyOf,
    read(request, context) {
      try {
        return read(request, context)
      } finally {
        // The request waits for the log now, and what was read of it must not wait with it.
        bodies.delete(request)
      }
    },
    reread: (payload, context) =>
      readEvents(
        {
          method: 'POST',
          path: '/v1/batch',
          route: '/v1/batch',
          params: {},
          query: new URLSearchParams(),
          headers: {},
          body: Buffer.from(payload),
        },
        undefined,
        context,
      ),
    answer: answerTo,
  }
}

const unreadable = (code: string, message: string, payload: unknown): PushReading => ({
  kind: 'unreadable',
  refused: { code, message, payload },
})

/** `{ batch: [...] }` or a bare list on any path; otherwise the body is one event. */
function eventsOf(body: Properties | readonly Json[]): readonly Json[] {
  if (isList(body)) return body
  const batch = isObject(body) ? field(body, 'batch') : undefined
  return isList(batch) ? batch : [body]
}

function contextOf(batch: Properties): Properties | undefined {
  const context = field(batch, 'context')
  return isObject(context) && Object.keys(context).length > 0 ? context : undefined
}

function readAll(events: readonly Json[], type: EventType | undefined, envelope: Envelope): PushReading & { readonly kind: 'events' } {
  const good: EventDraft[] = []
  const refused: Refused[] = []
  for (const [index, raw] of events.entries()) {
    const reading = readEvent(raw, type, envelope, index)
    if (reading.kind === 'event') good.push(reading.event)
    else refused.push(reading.refused)
  }
  return { kind: 'events', events: good, refused }
}

/** Bytes of the events that are not refused for their own size: one huge event must not cost its batch. */
function sizeOfFitting(events: readonly Json[], refused: readonly Refused[]): number {
  const misfits = new Set(
    refused.filter(({ code }) => code === 'EVENT_TOO_LARGE' || code === 'EVENT_TOO_DEEP').map(({ payload }) => payload),
  )
  return events.reduce<number>((bytes, event) => (misfits.has(event) ? bytes : bytes + exactSize(event)), 0)
}
