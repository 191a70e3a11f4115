import type { InstanceId } from '@tenon/kernel'
import type { CallContext, PushReading, PushSource, Refused } from '@tenon/kernel/contracts'
import type { EventLogs } from '../log/event-log.ts'
import { type EncodedEvent, encodeRequest, type RefusedPart, type ReplayMark } from './accepted-request.ts'
import { checkDraft } from './check-draft.ts'
import type { AcceptLimits } from './limits.ts'
import { readDraft } from './read-draft.ts'
import { refusedPart } from './refused-part.ts'

/** A failed event as it is now, to be tried once more. */
export interface ReplayRequest extends ReplayMark {
  readonly workspace: string
  readonly source: string
  readonly payload: string
  readonly format: 'source' | 'event'
  /** Of the first receipt: it stays the time of receipt. */
  readonly receivedAt: Date
}

/** Resolves once the attempt is on disk; nothing of a busy one is kept. Asked for twice, the same attempt is made once. */
export type Replayer = (request: ReplayRequest) => Promise<'durable' | 'busy'>

type Outcome = { readonly encoded: EncodedEvent } | { readonly refused: Refused }

export function createReplayer(options: {
  /** Undefined where nothing can be kept now. */
  readonly logs: () => EventLogs | undefined
  readonly sources: ReadonlyMap<InstanceId, PushSource>
  readonly limits: AcceptLimits
  readonly signal: AbortSignal
}): Replayer {
  const { sources, limits, signal } = options

  async function read(request: ReplayRequest): Promise<Outcome> {
    const { workspace, source, payload, format, receivedAt } = request
    if (format === 'event') return check(readDraft(payload), request)
    const context: CallContext = { workspace, purpose: 'collect', now: receivedAt, signal }
    const own = sources.get(source)
    let first: Outcome | undefined
    // A write key may name its source as it likes: then whoever can make something of it has read it.
    for (const each of own === undefined ? sources.values() : [own]) {
      const reading = await each.reread?.(payload, context)
      if (reading === undefined) continue
      const outcome = check(single(reading, payload), request)
      if ('encoded' in outcome) return outcome
      first ??= outcome
    }
    return (
      first ?? refuse('SOURCE_CAN_NOT_REREAD', `the source '${source}' can not read this again; correct it into an event of Tenon`, payload)
    )
  }

  const check = (read: ReturnType<typeof readDraft>, { payload, receivedAt }: ReplayRequest): Outcome => {
    if ('refused' in read) return read
    const checked = checkDraft(read.draft, receivedAt, limits.eventBytes)
    return checked.ok ? { encoded: checked.encoded } : refuse(checked.code, checked.reason, payload)
  }

  return async (request) => {
    const { workspace, source, receivedAt, id, attempt, stage, code, replay } = request
    const outcome = await read(request)
    const mark: ReplayMark = { id, attempt, stage, code, ...(replay === undefined ? {} : { replay }) }
    const refused: readonly RefusedPart[] =
      'refused' in outcome
        ? [
            {
              // What was refused is what came, whole: a source may have looked at a part of it alone.
              ...refusedPart({ ...outcome.refused, payload: request.payload }, limits.failedPayloadBytes),
              ...(request.format === 'event' ? { format: 'event' } : {}),
            },
          ]
        : []
    const events = 'encoded' in outcome ? [outcome.encoded] : []
    // No part of it is received now: it adds nothing to what waits to be counted.
    const record = encodeRequest({ workspace, source, receivedAt, events, refused, replay: mark })
    const kept = (await options.logs()?.logOf({ workspace, source }).append(record, 0)) ?? 'full'
    return kept === 'full' ? 'busy' : 'durable'
  }
}

function single(reading: PushReading, payload: string): ReturnType<typeof readDraft> {
  if (reading.kind === 'unreadable') return { refused: reading.refused }
  if (reading.kind === 'answer') return refuse('NOT_AN_EVENT', 'there is no event in it', payload)
  const [draft] = reading.events
  const [refused] = reading.refused
  if (reading.events.length + reading.refused.length !== 1) {
    return refuse('NOT_ONE_EVENT', 'a failed event is replayed as one event: it must hold exactly one', payload)
  }
  return draft === undefined ? { refused: refused ?? fault('NOT_AN_EVENT', 'there is no event in it', payload) } : { draft }
}

const fault = (code: string, message: string, payload: string): Refused => ({ code, message, payload })
const refuse = (code: string, message: string, payload: string): { readonly refused: Refused } => ({
  refused: fault(code, message, payload),
})
