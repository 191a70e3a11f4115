import { z } from '@hono/zod-openapi'
import type { FailedEvent, FailedEventsFilter } from '@tenon/analytics'
import { instant } from './common.ts'
import { optional } from './optional.ts'

export const failedState = z.enum(['open', 'replayed', 'duplicate', 'dropped', 'discarded'])

const shown = {
  id: z.string(),
  source: z.string(),
  state: failedState,
  attempts: z.int().openapi({ description: 'How often it was replayed.' }),
  stage: z.string().openapi({ description: 'The station that refused it.' }),
  code: z.string(),
  reason: z.string(),
  event: z.string().optional().openapi({ description: 'The name of the event, as far as one is known.' }),
  payload: z.string().openapi({ description: 'What was refused or what it was corrected into; empty where nothing may be kept of it.' }),
  cut: z.boolean().openapi({ description: 'Not all that came is in the payload: it is corrected before it can be replayed.' }),
  format: z
    .enum(['source', 'event'])
    .openapi({ description: 'How the payload is read: as its source sent it, or as Tenon writes events.' }),
  messageId: z.string().optional(),
  receivedAt: z.string(),
  changedAt: z.string(),
  changedBy: z.string().optional(),
}

export const failedEvent = z.object(shown).openapi('FailedEvent')

export const failedEventInFull = z
  .object({
    ...shown,
    original: z.string().openapi({ description: 'The payload as it came.' }),
    history: z
      .array(failedEvent.omit({ id: true, source: true, receivedAt: true, messageId: true }))
      .openapi({ description: 'All that happened to it, the newest first.' }),
  })
  .openapi('FailedEventInFull')

/** Which failed events: all conditions together. */
const conditions = {
  stage: z.string().min(1).max(100),
  code: z.string().min(1).max(100),
  source: z.string().min(1).max(200),
  event: z.string().min(1).max(512).openapi({ description: 'The name of the event.' }),
  text: z.string().min(1).max(500).openapi({ description: 'Somewhere in the payload or in the reason.' }),
  from: instant.openapi({ description: 'By the time of receipt.' }),
  until: instant.openapi({ description: 'Exclusive.' }),
}

const fields = Object.fromEntries(Object.entries(conditions).map(([key, type]) => [key, optional(type)])) as {
  readonly [K in keyof typeof conditions]: z.ZodExactOptional<(typeof conditions)[K]>
}

export const failedFilter = z.strictObject(fields)

export const failedQuery = z.strictObject(fields)

export function toFilter({ from, until, ...rest }: z.infer<typeof failedFilter>): FailedEventsFilter {
  return { ...rest, ...(from === undefined ? {} : { from: new Date(from) }), ...(until === undefined ? {} : { until: new Date(until) }) }
}

export const shownFailedEvent = (event: FailedEvent): z.infer<typeof failedEvent> => ({
  id: event.id,
  source: event.source,
  state: event.state,
  attempts: event.attempt,
  stage: event.stage,
  code: event.code,
  reason: event.reason,
  ...(event.event === undefined ? {} : { event: event.event }),
  payload: event.payload,
  cut: event.cut === true,
  format: event.format,
  ...(event.messageId === undefined ? {} : { messageId: event.messageId }),
  receivedAt: event.receivedAt.toISOString(),
  changedAt: event.at.toISOString(),
  ...(event.actor === '' ? {} : { changedBy: event.actor }),
})
