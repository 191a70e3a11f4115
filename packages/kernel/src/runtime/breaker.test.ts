import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/harness.ts'
import { BREAKER_RULES, type Breaker, createBreaker, type Verdict } from './breaker.ts'

function attempt(breaker: Breaker, verdict: Verdict): boolean {
  const admission = breaker.admit()
  if (admission.admitted) admission.report(verdict)
  return admission.admitted
}

function opened() {
  const clock = new ManualClock()
  const breaker = createBreaker(clock)
  for (let call = 0; call < BREAKER_RULES.failures; call += 1) attempt(breaker, 'bad')
  return { clock, breaker }
}

describe('circuit breaker', () => {
  it('opens after 5 failures, says how long it rests, and lets one probe through', () => {
    const { clock, breaker } = opened()
    expect(breaker.state()).toBe('open')
    expect(breaker.admit()).toEqual({ admitted: false, retryAfterMs: 10_000 })
    clock.advance(9_999)
    expect(breaker.admit()).toEqual({ admitted: false, retryAfterMs: 1 })
    clock.advance(1)
    expect(breaker.state()).toBe('half-open')
    const probe = breaker.admit()
    expect(probe.admitted).toBe(true)
    expect(breaker.admit().admitted).toBe(false)
    if (probe.admitted) probe.report('good')
    expect(breaker.state()).toBe('closed')
  })

  it('rests twice as long after each failed probe, up to the longest', () => {
    const { clock, breaker } = opened()
    for (const expected of [20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
      const refused = breaker.admit()
      clock.advance(refused.admitted ? 0 : refused.retryAfterMs)
      expect(attempt(breaker, 'bad')).toBe(true)
      expect(breaker.admit()).toEqual({ admitted: false, retryAfterMs: expected })
    }
  })

  it('gives the turn of a probe that never reports to the next caller', () => {
    const { clock, breaker } = opened()
    clock.advance(10_000)
    expect(breaker.admit().admitted).toBe(true)
    clock.advance(10_000)
    expect(attempt(breaker, 'good')).toBe(true)
    expect(breaker.state()).toBe('closed')
  })

  it('lets a probe that its caller gave up be repeated', () => {
    const { clock, breaker } = opened()
    clock.advance(10_000)
    expect(attempt(breaker, 'neutral')).toBe(true)
    expect(attempt(breaker, 'good')).toBe(true)
    expect(breaker.state()).toBe('closed')
  })

  it('opens when every answer has to be blamed afterwards', () => {
    const breaker = createBreaker(new ManualClock())
    for (let call = 0; call < BREAKER_RULES.results; call += 1) {
      attempt(breaker, 'good')
      breaker.blame()
    }
    expect(breaker.state()).toBe('open')
  })

  it('forgets failures that are older than a minute', () => {
    const clock = new ManualClock()
    const breaker = createBreaker(clock)
    for (let call = 0; call < 20; call += 1) {
      attempt(breaker, 'bad')
      clock.advance(20_000)
    }
    expect(breaker.state()).toBe('closed')
  })

  it('ignores verdicts of calls that began before it opened', () => {
    const clock = new ManualClock()
    const breaker = createBreaker(clock)
    const slow = breaker.admit()
    for (let call = 0; call < 5; call += 1) attempt(breaker, 'bad')
    if (slow.admitted) slow.report('good')
    expect(breaker.state()).toBe('open')
  })

  it('does not rest longer because the clock was set back', () => {
    const { clock, breaker } = opened()
    clock.advance(-86_400_000)
    expect(breaker.admit()).toEqual({ admitted: false, retryAfterMs: 10_000 })
  })

  it('stays closed while fewer than 5 of any 10 in a row fail, and never refuses without saying for how long', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Verdict>('good', 'bad', 'neutral'), { maxLength: 200 }), (verdicts) => {
        const breaker = createBreaker(new ManualClock())
        for (const verdict of verdicts) {
          const admission = breaker.admit()
          if (admission.admitted) admission.report(verdict)
          else expect(admission.retryAfterMs).toBeGreaterThan(0)
        }
        const counted = verdicts.filter((verdict) => verdict !== 'neutral')
        const most = Math.max(0, ...counted.map((_, at) => counted.slice(at, at + 10).filter((verdict) => verdict === 'bad').length))
        expect(breaker.state()).toBe(most < BREAKER_RULES.failures ? 'closed' : 'open')
      }),
    )
  })
})
