import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backOffMs, DEFAULT_RETRY } from './back-off.ts'
import { mediumPurpose, stoppedPurpose } from './medium-purpose.ts'
import { createTokenBucket } from './token-bucket.ts'

describe('backOffMs', () => {
  it('doubles to the longest rest, half of it by lot, and never comes before the provider asked', () => {
    const at = (attempt: number, random: number, askedMs = 0) => backOffMs(DEFAULT_RETRY, { attempt, askedMs, random: () => random })
    expect([at(1, 0), at(1, 0.5), at(2, 0), at(3, 0), at(50, 0), at(5_000, 0)]).toEqual([5_000, 7_500, 10_000, 20_000, 450_000, 450_000])
    expect(at(1, 0, 60_000)).toBe(60_000)
  })
})

describe('mediumPurpose', () => {
  const media = new Set(['email', 'sms'])
  it.each([
    ['marketing', 'marketing.email'],
    ['marketing.email', 'marketing.email'],
    ['marketing.email.news', 'marketing.email.news'],
    ['marketing.news', 'marketing.email.news'],
    ['marketing.sms', undefined],
    ['marketing.sms.news', undefined],
  ])('%s by e-mail asks for %s', (purpose, expected) => {
    expect(mediumPurpose(purpose, 'email', media)).toBe(expected)
  })

  it('stops the medium, not more and not less', () => {
    expect(stoppedPurpose('marketing.email.news')).toBe('marketing.email')
  })
})

describe('createTokenBucket', () => {
  it('never gives more than the rate and a second beforehand, however it is asked', () => {
    const asks = fc.array(fc.record({ after: fc.nat(3_000), want: fc.integer({ min: 1, max: 20 }) }), { maxLength: 50 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), asks, (perSecond, asked) => {
        const bucket = createTokenBucket(perSecond)
        let now = 0
        let given = 0
        for (const { after, want } of asked) {
          now += after
          const count = Math.min(want, bucket.available(new Date(now)))
          bucket.take(count, new Date(now))
          given += count
          expect(given).toBeLessThanOrEqual(perSecond + (now * perSecond) / 1_000)
        }
      }),
    )
  })

  it('says how long to wait, and serves rates below one a second', () => {
    const bucket = createTokenBucket(0.5)
    bucket.take(bucket.available(new Date(0)), new Date(0))
    expect(bucket.waitMs(new Date(0))).toBe(2_000)
    expect(bucket.available(new Date(1_999))).toBe(0)
    expect(bucket.available(new Date(2_000))).toBe(1)
  })

  it('gives nothing when the clock is set back', () => {
    const bucket = createTokenBucket(10)
    bucket.take(10, new Date(100_000))
    expect(bucket.available(new Date(0))).toBe(0)
  })
})
