import type { Reader } from './reader.ts'

/** How many parts the messages hold that are not stored yet. */
export interface Tally {
  /** Between two positions; whole messages. */
  count(from: number, until: number): Promise<Counted>
}

export interface Counted {
  readonly parts: number
  /** False where the server had nothing more to show before the end: it is slow, or what was there is gone. */
  readonly isWhole: boolean
}

const WAIT_MS = 1_000

/** Reads the head of each message once, when somebody asks, and forgets those before the last position that was asked about. */
export function createTally(reader: Reader): Tally {
  let known: { readonly sequence: number; readonly parts: number }[] = []
  /** Heads of messages in (begin, end] are known. */
  let begin = 0
  let end = 0
  let last: Promise<unknown> = Promise.resolve()

  async function count(from: number, until: number): Promise<Counted> {
    if (from < begin || from > end) {
      known = []
      begin = from
      end = from
    }
    while (end < until) {
      const message = await reader.after(end, { wanted: until - end, waitMs: WAIT_MS })
      if (message === undefined) break
      known.push({ sequence: message.sequence, parts: message.parts })
      end = message.sequence
    }
    known = known.filter(({ sequence }) => sequence > from)
    begin = from
    const total = known.reduce((sum, { sequence, parts }) => (sequence <= until ? sum + parts : sum), 0)
    return { parts: total, isWhole: end >= until }
  }

  return {
    count(from, until) {
      const counted = last.then(() => count(from, until))
      last = counted.catch(() => undefined)
      return counted
    },
  }
}
