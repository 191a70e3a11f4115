import { createHash } from 'node:crypto'
import type { Json } from '@tenon/kernel/contracts'

/**
 * The messageId of an event that came without one: a function of its content, its place in the request and the time of
 * receipt. So a recorded request reads the same every time, but a retry, received later, is a new event: a
 * sender that gives no messageId gives nothing to tell a retry from a second equal event, and losing a real event
 * would be worse than counting a retry twice. All client libraries send one.
 */
export function generatedMessageId(event: Json, index: number, receivedAt: number): string {
  const content = JSON.stringify([receivedAt, index, event])
  return `tenon-${createHash('sha256').update(content).digest('base64url').slice(0, 32)}`
}
