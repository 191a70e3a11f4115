import { draftProblem, type EventDraft, isProperties, parseJson, type Refused } from '@tenon/kernel/contracts'

export type ReadDraft = { readonly draft: EventDraft } | { readonly refused: Refused }

/**
 * Reads an event as failed events show it: `messageId`, `type`, `name`, `identifiers`, `timestamp` (ISO 8601, or milliseconds), and where
 * they are not empty `properties`, `traits`, `context` and `group`. People correct it by hand, so it is trusted for nothing.
 */
export function readDraft(payload: string): ReadDraft {
  const refuse = (code: string, message: string): ReadDraft => ({ refused: { code, message, payload } })
  let value: unknown
  try {
    value = parseJson(payload)
  } catch {
    return refuse('INVALID_JSON', 'the payload is not JSON; it may have been cut')
  }
  if (!isProperties(value)) return refuse('NOT_AN_EVENT', 'the payload is not a JSON object, or holds what can not be kept')
  const { messageId, type, name, identifiers = [], properties = {}, traits = {}, context = {}, group, timestamp } = value
  const at = typeof timestamp === 'string' || typeof timestamp === 'number' ? new Date(timestamp) : new Date(Number.NaN)
  const draft = {
    messageId,
    type,
    name,
    identifiers,
    properties,
    traits,
    context,
    timestamp: at,
    ...(group === undefined || group === null ? {} : { group }),
  }
  return isDraft(draft) ? { draft } : refuse('INVALID_EVENT', problemOf(draft) ?? 'the payload is not an event')
}

const problemOf = (value: object): string | undefined => draftProblem(value as EventDraft)
const isDraft = (value: object): value is EventDraft => problemOf(value) === undefined
