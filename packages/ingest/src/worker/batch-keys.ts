import type { EventKey, Ruling } from '@tenon/store'
import { type Incoming, type RefusedOnce, replayKey, stopKey } from './incoming.ts'
import { claims } from './rulings.ts'

/** At these stations a message id was claimed before its event failed: it is the failed event's own, and no reason to call it a duplicate. */
const BEHIND_DEDUP: ReadonlySet<string> = new Set(['identity', 'plan', 'write'])

/** What a batch brings that counts, by index. */
export interface FreshParts {
  readonly events: readonly number[]
  /** Failed events that their senders have sent again in the meantime. */
  readonly repeated: readonly number[]
  readonly refusals: readonly number[]
}

export interface BatchKeys {
  readonly keys: readonly EventKey[]
  /** What counts, when keys at these places are new. */
  freshOf(places: readonly number[]): FreshParts
}

/**
 * What makes each event of a batch the same as another. An attempt of a failed event is told from other attempts first; where its message
 * id was not claimed when it failed, its sender may have sent it again since. An event that was stopped before it claims only
 * that: under its message id it can come again and pass, and stopped again it is a duplicate.
 */
export function keysOf(events: readonly Incoming[], refusals: readonly RefusedOnce[], rulings: ReadonlyMap<string, Ruling>): BatchKeys {
  if (rulings.size === 0 && events.every(({ replay }) => replay === undefined)) return keysOfNew(events, refusals)

  const keys: EventKey[] = []
  const add = (key: EventKey): number => keys.push(key) - 1
  // An event's own key stands before those of messages: of two that are equal the first counts.
  const own = events.map((event) => {
    if (event.replay !== undefined) return add(replayKey(event.workspace, event.replay))
    return add(claims(rulings.get(event.place)) ? messageKey(event) : stopKey(event))
  })
  const message = events.map((event) =>
    event.replay === undefined || BEHIND_DEDUP.has(event.replay.stage) || !claims(rulings.get(event.place))
      ? undefined
      : add(messageKey(event)),
  )
  const refused = refusals.map(({ key }) => add(key))

  return {
    keys,
    freshOf(places) {
      const fresh = new Set(places)
      const isNew = (key: number | undefined): boolean => key === undefined || fresh.has(key)
      const tried = [...events.keys()].filter((index) => isNew(own[index]))
      return {
        events: tried.filter((index) => isNew(message[index])),
        repeated: tried.filter((index) => !isNew(message[index])),
        refusals: [...refusals.keys()].filter((index) => isNew(refused[index])),
      }
    },
  }
}

/** Nearly every batch: an event is its message. */
function keysOfNew(events: readonly Incoming[], refusals: readonly RefusedOnce[]): BatchKeys {
  const messages = events.map(messageKey)
  if (refusals.length === 0) return { keys: messages, freshOf: (places) => ({ events: places, repeated: [], refusals: [] }) }
  return {
    keys: [...messages, ...refusals.map(({ key }) => key)],
    freshOf: (places) => ({
      events: places.filter((place) => place < messages.length),
      repeated: [],
      refusals: places.flatMap((place) => (place < messages.length ? [] : [place - messages.length])),
    }),
  }
}

const messageKey = ({ workspace, event }: Incoming): EventKey => ({ workspace, source: event.source, messageId: event.messageId })
