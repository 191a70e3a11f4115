import type { Refused } from '@tenon/kernel/contracts'
import type { RefusedPart } from './accepted-request.ts'
import { payloadText } from './payload-text.ts'

/** A refusal as the log keeps it. */
export const refusedPart = ({ code, message, payload, messageId }: Refused, maxBytes: number): RefusedPart => ({
  code,
  reason: message,
  payload: payloadText(payload, maxBytes),
  ...(messageId === undefined ? {} : { messageId: messageId.slice(0, 256).toWellFormed() }),
})
