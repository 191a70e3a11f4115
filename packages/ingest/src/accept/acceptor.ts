import type { Clock, EventDraft, Logger, PushOutcome, Refused } from '@tenon/kernel/contracts'
import type { EventLogs } from '../log/event-log.ts'
import { type EncodedEvent, encodeRequest, type RefusedPart } from './accepted-request.ts'
import { checkDraft } from './check-draft.ts'
import type { AcceptLimits } from './limits.ts'
import { piecesOf } from './pieces-of.ts'
import { refusedPart } from './refused-part.ts'

export interface Acceptance {
  readonly workspace: string
  readonly source: string
  readonly drafts: readonly EventDraft[]
  readonly refused: readonly Refused[]
  /** The time of receipt; now where absent. */
  readonly receivedAt?: Date
  /** The station that speaks of refusals here; `accept` where absent. What was refused under the same messageId before is a duplicate. */
  readonly stage?: string
  /** Of an import: what becomes of its rows is counted for it. */
  readonly importId?: string
}

export type AcceptOutcome = Extract<PushOutcome, { readonly kind: 'durable' | 'busy' }>

export interface Acceptor {
  /** Resolves once the parts are on disk; nothing of a busy one is kept. */
  accept(acceptance: Acceptance): Promise<AcceptOutcome>
  /** From now on everybody finds us busy. */
  stop(): void
}

export function createAcceptor(options: {
  /** Undefined as long as they are not open. */
  readonly logs: () => Pick<EventLogs, 'logOf' | 'recordBytes'> | undefined
  readonly limits: AcceptLimits
  readonly clock: Clock
  readonly logger: Logger
  /** Called when parts are durable, with the time that the log took for them. */
  readonly onAccepted: (parts: number, logSeconds: number) => void
}): Acceptor {
  const { limits, clock, logger, onAccepted } = options
  const busy: AcceptOutcome = Object.freeze({ kind: 'busy', retryAfterSeconds: limits.retryAfterSeconds })
  const toPart = (refused: Refused): RefusedPart => refusedPart(refused, limits.failedPayloadBytes)
  let stopped = false

  return {
    async accept({ workspace, source, drafts, refused, receivedAt = clock.now(), stage, importId }) {
      if (stopped) return busy
      const events: EncodedEvent[] = []
      const marks = stage === undefined ? {} : { stage }
      const parts = refused.map((part) => ({ ...toPart(part), ...marks }))
      for (const draft of drafts) {
        const checked = checkDraft(draft, receivedAt, limits.eventBytes)
        if (checked.ok) events.push(checked.encoded)
        else
          parts.push({
            ...toPart({ code: checked.code, message: checked.reason, payload: draft, ...textId(draft) }),
            format: 'event' as const,
            ...marks,
          })
      }
      const count = events.length + parts.length
      // Now, so that nothing of the events need be kept while they are written.
      const durable: AcceptOutcome = { kind: 'durable', accepted: events.length, refused: parts.length }
      if (count === 0) return durable
      const logs = options.logs()
      if (logs === undefined) return busy
      const begun = performance.now()
      try {
        const log = logs.logOf({ workspace, source })
        const kept = await Promise.all(
          piecesOf({ events, refused: parts }, logs.recordBytes).map((piece) =>
            log.append(encodeRequest({ workspace, source, receivedAt, importId, ...piece }), piece.events.length + piece.refused.length),
          ),
        )
        // Of a request in pieces some may be kept: they come again, and are known then.
        if (kept.includes('full')) return busy
      } catch (error) {
        logger.error('a request could not be kept and was not acknowledged', { error })
        return busy
      }
      onAccepted(count, (performance.now() - begun) / 1_000)
      return durable
    },
    stop() {
      stopped = true
    },
  }
}

/** A source may have made anything of it. */
const textId = ({ messageId }: { readonly messageId: unknown }): Pick<Refused, 'messageId'> =>
  typeof messageId === 'string' ? { messageId } : {}
