import type { KernelClock } from './logger.ts'

/** When a circuit opens and closes again. */
export interface BreakerRules {
  /** It opens when this many of the last `results` failed. */
  readonly failures: number
  readonly results: number
  /** Failures older than this are forgotten. */
  readonly windowMs: number
  /** How long it stays open; doubled by every probe that fails, up to `longestOpenMs`. */
  readonly openMs: number
  readonly longestOpenMs: number
}

export const BREAKER_RULES: BreakerRules = Object.freeze({
  failures: 5,
  results: 10,
  windowMs: 60_000,
  openMs: 10_000,
  longestOpenMs: 300_000,
})

/** `half-open`: it has rested, and the next call is a probe. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * `neutral`: the call says nothing about the plugin, for its caller gave it up. `blamed`: a failure that `blame`
 * has counted already.
 */
export type Verdict = 'good' | 'bad' | 'blamed' | 'neutral'

export type Admission =
  | { readonly admitted: true; readonly report: (verdict: Verdict) => void }
  | { readonly admitted: false; readonly retryAfterMs: number }

export interface Breaker {
  /** Asks to make a call. Verdicts that come after the circuit has changed are ignored. */
  admit(): Admission
  /** A failure that was noticed after its call. */
  blame(): void
  state(): BreakerState
}

interface Opened {
  at: number
  readonly forMs: number
  /** When the probe that is out was let through. A probe that never reports loses its turn after `forMs`. */
  probedAt: number | undefined
}

export function createBreaker(clock: KernelClock, rules: BreakerRules = BREAKER_RULES): Breaker {
  let results: { readonly at: number; readonly good: boolean }[] = []
  let opened: Opened | undefined
  let era = 0

  const change = (next: Opened | undefined): void => {
    opened = next
    results = []
    era += 1
  }
  const open = (at: number, forMs: number): void => change({ at, forMs: Math.min(forMs, rules.longestOpenMs), probedAt: undefined })

  const record = (good: boolean): void => {
    const now = clock.now().getTime()
    results.push({ at: now, good })
    if (results.length > rules.results) results.shift()
    if (good) return
    const failures = results.filter((result) => !result.good && now - result.at < rules.windowMs).length
    if (failures >= rules.failures) open(now, rules.openMs)
  }
  const reportCall = (verdict: Verdict): void => {
    if (verdict === 'good' || verdict === 'bad') record(verdict === 'good')
  }
  const reportProbe = (circuit: Opened, verdict: Verdict): void => {
    if (verdict === 'good') change(undefined)
    else if (verdict === 'neutral') circuit.probedAt = undefined
    else open(clock.now().getTime(), circuit.forMs * 2)
  }
  /** How long until the next call may go through. */
  const waitOf = (circuit: Opened): number => {
    const now = clock.now().getTime()
    // A clock that was set back must not keep a circuit open for longer than it said.
    circuit.at = Math.min(circuit.at, now)
    const since = Math.max(circuit.at, Math.min(circuit.probedAt ?? circuit.at, now))
    return Math.max(0, since + circuit.forMs - now)
  }
  const ticket = (report: (verdict: Verdict) => void): Admission => {
    const issuedIn = era
    return { admitted: true, report: (verdict) => (era === issuedIn ? report(verdict) : undefined) }
  }
  return Object.freeze({
    admit(): Admission {
      const circuit = opened
      if (circuit === undefined) return ticket(reportCall)
      const retryAfterMs = waitOf(circuit)
      if (retryAfterMs > 0) return { admitted: false, retryAfterMs }
      circuit.probedAt = clock.now().getTime()
      return ticket((verdict) => reportProbe(circuit, verdict))
    },
    blame() {
      if (opened === undefined) record(false)
    },
    state(): BreakerState {
      if (opened === undefined) return 'closed'
      return opened.probedAt === undefined && waitOf(opened) > 0 ? 'open' : 'half-open'
    },
  })
}
