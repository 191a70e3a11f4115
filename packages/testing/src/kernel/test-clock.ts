import type { Clock } from '@tenon/kernel/contracts'

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  set(instant: Date): void
  /** Forward, or back with a negative number. */
  advance(milliseconds: number): void
}

const DEFAULT_INSTANT = '2026-01-01T00:00:00Z'

export function testClock(start: Date = new Date(DEFAULT_INSTANT)): TestClock {
  let milliseconds = start.getTime()
  return {
    now: () => new Date(milliseconds),
    set: (instant) => {
      milliseconds = instant.getTime()
    },
    advance: (by) => {
      milliseconds += by
    },
  }
}
