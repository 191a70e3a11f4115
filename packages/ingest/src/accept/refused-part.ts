import type { Refused } from '@tenon/kernel/contracts'
import type { RefusedPart } from './accepted-request.ts'
import { payloadText } from './payload-text.ts'

const MAX_MESSAGE_ID = 256

/** A refusal as the log keeps it. */
export function refusedPart({ code, message, payload, messageId }: Refused, maxBytes: number): RefusedPart {
  const { text, isCut } = payloadText(payload, maxBytes)
  const cut = isCut ? { cut: true as const } : {}
  return { code, reason: message, payload: text, ...cut, ...(messageId === undefined ? {} : named(messageId)) }
}

/** What is sent again is refused again, and counts once. Of ids that are not kept as they came two may be the same afterwards: those tell nothing. */
function named(messageId: string): Pick<RefusedPart, 'messageId' | 'once'> {
  const kept = messageId.slice(0, MAX_MESSAGE_ID).toWellFormed()
  return kept === messageId && kept !== '' ? { messageId, once: true } : { messageId: kept }
}
