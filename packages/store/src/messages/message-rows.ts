import type { Selectable } from 'kysely'
import type { Tables } from '../database/tables.ts'
import type { StoredMessage } from './messages.ts'

export type MessageRow = Selectable<Tables['tenon.messages']>

export const messageOf = (row: MessageRow): StoredMessage =>
  Object.freeze({
    id: row.id,
    idempotencyKey: row.idempotency_key,
    profile: row.profile,
    channel: row.channel,
    purpose: row.purpose,
    content: row.content,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.locale !== null && { locale: row.locale }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.reference !== null && { reference: row.reference }),
  })
