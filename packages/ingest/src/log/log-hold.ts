import type { EventLog, LogRecord } from './event-log.ts'

/** A log whose records stay readable while somebody copies them, although they are stored already. */
export interface LogHold {
  /** The stream of the log in the store. */
  readonly id: string
  /** After the last durable record, now. */
  end(): number
  records(from: number, until: number): AsyncIterable<readonly LogRecord[]>
  /** Lets go what was kept. */
  drop(): Promise<void>
}

/** What is read at once for a copy. */
const PIECE_BYTES = 4 * 1024 * 1024

/**
 * The same log, of which nothing is released while it is held. What is held counts against the disk budget of the log: hold it for
 * as long as a copy takes.
 */
export function holdable(log: EventLog): { readonly log: EventLog; hold(): LogHold } {
  const holds = new Set<symbol>()
  let waiting: number | undefined

  async function release(position: number): Promise<void> {
    waiting = Math.max(waiting ?? 0, position)
    if (holds.size > 0) return
    const due = waiting
    waiting = undefined
    await log.release(due)
  }

  return {
    log: Object.freeze<EventLog>({ ...log, release }),
    hold() {
      const own = Symbol('hold')
      holds.add(own)
      return {
        id: log.id,
        end: () => log.state().end,
        records: (from, until) => recordsOf(log, from, until),
        async drop() {
          holds.delete(own)
          if (waiting !== undefined) await release(waiting)
        },
      }
    },
  }
}

async function* recordsOf(log: EventLog, from: number, until: number): AsyncGenerator<readonly LogRecord[]> {
  for (let next = from; next < until; ) {
    const chunk = await log.read({ from: next, until, maxBytes: PIECE_BYTES, maxParts: Number.MAX_SAFE_INTEGER })
    if (chunk.next === next) return
    yield chunk.records
    next = chunk.next
  }
}
