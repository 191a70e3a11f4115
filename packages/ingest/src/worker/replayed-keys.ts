import type { EventKey } from '@tenon/store'
import { type Incoming, replayKey } from './incoming.ts'

/** At these stations a message id was seen before its event failed: it is the failed event's own, and no reason to call it a duplicate. */
const BEHIND_DEDUP: ReadonlySet<string> = new Set(['identity', 'plan', 'write'])

export interface KeysOfBatch {
  /** One for each event, in their order, then those that events share their fate with. */
  readonly keys: readonly EventKey[]
  /** By the place of an event: the place of the key of its message, which must be new as well. */
  readonly messages: ReadonlyMap<number, number>
}

/**
 * What makes each event of a batch the same as another. An attempt of a failed event is told from other attempts first; where its message
 * was not seen when it failed, its sender may have sent it again since.
 */
export function keysOf(events: readonly Incoming[]): KeysOfBatch {
  const messageKey = ({ workspace, event }: Incoming): EventKey => ({ workspace, source: event.source, messageId: event.messageId })
  const keys = events.map((incoming) =>
    incoming.replay === undefined ? messageKey(incoming) : replayKey(incoming.workspace, incoming.replay),
  )
  const messages = new Map<number, number>()
  for (const [place, incoming] of events.entries()) {
    if (incoming.replay === undefined || BEHIND_DEDUP.has(incoming.replay.stage)) continue
    messages.set(place, keys.length)
    keys.push(messageKey(incoming))
  }
  return { keys, messages }
}
