import { isProperties } from '../check/json.ts'
import { isDate, isText } from '../check/values.ts'
import type { EventDraft, EventType, Refused } from '../nouns/event.ts'
import type { PushAnswer } from './contract.ts'

const TYPES: readonly EventType[] = ['track', 'identify', 'page', 'screen', 'group', 'alias']
const PARTS = ['properties', 'traits', 'context'] as const
const MAX_MESSAGE_ID = 256

/** What is wrong with an event, or undefined. */
export function draftProblem(draft: EventDraft): string | undefined {
  if (typeof draft !== 'object' || draft === null) return 'the event is not an object'
  if (!isText(draft.messageId) || draft.messageId.length > MAX_MESSAGE_ID) return 'messageId is not a text of 1 to 256 characters'
  if (!TYPES.includes(draft.type)) return 'the type is not known'
  if (!isText(draft.name)) return 'the name is empty or malformed'
  if (!isDate(draft.timestamp)) return 'the timestamp is not a date'
  if (!Array.isArray(draft.identifiers)) return 'the identifiers are not a list'
  for (const identifier of draft.identifiers) {
    if (!isText(identifier?.type) || !isText(identifier.value)) return 'an identifier lacks its type or value, or is malformed'
  }
  for (const part of PARTS) if (!isProperties(draft[part])) return `${part} are not a JSON object`
  if (draft.group !== undefined && !(isText(draft.group?.id) && isProperties(draft.group.traits))) return 'the group lacks its id or traits'
  return undefined
}

/** What is wrong with a refusal, or undefined. */
export function refusedProblem(refused: Refused): string | undefined {
  if (typeof refused !== 'object' || refused === null) return 'a refusal is not an object'
  if (typeof refused.code !== 'string' || !/^[A-Z][A-Z0-9_]*$/.test(refused.code)) return 'the code of a refusal is not in upper snake case'
  return isText(refused.message) ? undefined : 'a refusal says nothing to people'
}

/** What is wrong with an answer, or undefined. A redirect loses events in every client. */
export function answerProblem(answer: PushAnswer): string | undefined {
  if (typeof answer !== 'object' || answer === null) return 'the answer is not an object'
  const { status, headers, body } = answer
  if (!Number.isInteger(status) || status < 200 || status > 599) return 'the status is not one of HTTP'
  if (status >= 300 && status < 400) return 'a collector never redirects'
  if (typeof body !== 'string') return 'the body is not a text'
  if (typeof headers !== 'object' || headers === null) return 'there are no headers'
  const isClean = ([name, value]: readonly [string, unknown]): boolean =>
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && typeof value === 'string' && !/[\r\n\0]/.test(value)
  return Object.entries(headers).every(isClean) ? undefined : 'a header is malformed'
}
