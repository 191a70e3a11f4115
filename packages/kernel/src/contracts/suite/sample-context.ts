import type { CallContext, LongCallContext } from '../nouns/context.ts'
import { purposes } from '../nouns/purpose.ts'

/** The instant at which every case is played. */
export const SAMPLE_NOW = Object.freeze({ iso: '2026-01-15T12:00:00.000Z', ms: Date.UTC(2026, 0, 15, 12) })

const DAY_MS = 86_400_000

/** The instant of the cases, or so many days after it. */
export const sampleDay = (days = 0): Date => new Date(SAMPLE_NOW.ms + days * DAY_MS)

/** What a station hands over with a call. */
export function sampleContext(overrides: Partial<CallContext> = {}): CallContext {
  return Object.freeze({
    workspace: 'shop',
    purpose: purposes.profile,
    now: sampleDay(),
    signal: new AbortController().signal,
    ...overrides,
  })
}

export function sampleLongContext(overrides: Partial<LongCallContext> = {}): LongCallContext {
  return Object.freeze({ ...sampleContext(), progress: () => {}, memoryBytes: 256 * 1_048_576, ...overrides })
}
