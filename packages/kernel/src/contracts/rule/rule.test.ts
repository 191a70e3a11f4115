import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyMeasure, anyRule } from '../../../test/rule-arbitrary.ts'
import { findSegmentCycle } from './cycle.ts'
import { measureDependencies, ruleDependencies } from './dependencies.ts'
import { describeMeasure, describeRule } from './describe.ts'
import { durationMs } from './duration.ts'
import { dayOf, INSTANT_PATTERN, instantOf, startOfDay } from './instant.ts'
import type { Rule } from './rule.ts'
import { measureType } from './value-type.ts'

const loyal: Rule = {
  and: [
    { event: 'Order Completed', measure: 'count', gte: 2, where: [{ property: 'total', gte: 100 }], within: { last: '30d' } },
    { not: { segment: 'vip' } },
  ],
}

describe('describeRule', () => {
  it('reads a rule out in both languages', () => {
    expect(describeRule(loyal, 'en')).toBe(
      'did “Order Completed” at least 2 times in the last 30 days whose total is 100 or more, and is not in “vip”',
    )
    expect(describeRule(loyal, 'zh')).toBe('近30天“Order Completed”不少于2次且total 不低于100，且不属于“vip”')
  })

  it('calls things what people call them', () => {
    const labels: Readonly<Record<string, string>> = { 'Order Completed': '下单', total: '金额', vip: ' vip' }
    expect(describeRule(loyal, 'zh', ({ name }) => labels[name])).toBe('近30天下单不少于2次且金额不低于100，且不属于 vip')
  })

  it('names every event of a rule and never shows a hole', () => {
    fc.assert(
      fc.property(anyRule(), fc.constantFrom('en' as const, 'zh' as const), (rule, language) => {
        const text = describeRule(rule, language)
        expect(text).not.toMatch(/undefined|\[object/)
        for (const event of ruleDependencies(rule).events) expect(text).toContain(event)
      }),
      { numRuns: 200 },
    )
    fc.assert(
      fc.property(anyMeasure(), (measure) => {
        expect(describeMeasure(measure, 'en')).not.toMatch(/undefined|\[object/)
      }),
      { numRuns: 100 },
    )
  })
})

describe('dependencies', () => {
  it('finds what a rule reads, also in windows and sequences', () => {
    const rule: Rule = {
      or: [
        { trait: 'address.city', exists: true },
        { tag: 'rfm.tier', eq: 'champion' },
        { consent: 'marketing' },
        { event: 'B', measure: 'count', gt: 1, within: { since: { event: 'A' } } },
        { event: 'B', measure: 'count', gt: 1, within: { since: { trait: 'joined' } } },
        { sequence: [{ event: 'C' }], never: [{ event: 'D', between: ['x', 'end'] }] },
        { not: { segment: 'vip' } },
      ],
    }
    expect(ruleDependencies(rule)).toEqual({
      tags: ['rfm.tier'],
      segments: ['vip'],
      traits: ['address.city', 'joined'],
      events: ['A', 'B', 'C', 'D'],
      consents: ['marketing'],
    })
    expect(
      measureDependencies({
        ratio: [
          { event: 'A', measure: 'count' },
          { event: 'B', measure: 'count' },
        ],
      }).events,
    ).toEqual(['A', 'B'])
  })

  it('names the way of a cycle', () => {
    const to = (...segments: readonly string[]): Rule => ({ and: segments.map((segment) => ({ segment })) })
    expect(
      findSegmentCycle(
        new Map([
          ['a', to('b', 'c')],
          ['b', to('c')],
          ['c', to('elsewhere')],
        ]),
      ),
    ).toBeUndefined()
    expect(
      findSegmentCycle(
        new Map([
          ['a', to('b')],
          ['b', to('c')],
          ['c', to('b')],
        ]),
      ),
    ).toEqual(['b', 'c', 'b'])
    expect(findSegmentCycle(new Map([['a', to('a')]]))).toEqual(['a', 'a'])
  })

  it('follows a chain of ten thousand segments', () => {
    const chain = Array.from({ length: 10_000 }, (_, index): [string, Rule] => [`s${index}`, { segment: `s${index + 1}` }])
    expect(findSegmentCycle(new Map(chain))).toBeUndefined()
    expect(findSegmentCycle(new Map([...chain, ['s10000', { segment: 's0' }]]))).toHaveLength(10_002)
  })
})

describe('durations and instants', () => {
  it.each([
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['2w', 1_209_600_000],
    ['0d', undefined],
    ['-1d', undefined],
    ['30', undefined],
    ['30D', undefined],
    ['9999999999w', undefined],
  ])('reads the duration %s', (text, milliseconds) => {
    expect(durationMs(text)).toBe(milliseconds)
  })

  it.each([
    ['2026-04-01', 'UTC', '2026-04-01T00:00:00.000Z'],
    ['2026-04-01', 'Asia/Shanghai', '2026-03-31T16:00:00.000Z'],
    ['2026-04-01T09:30', 'Asia/Shanghai', '2026-04-01T01:30:00.000Z'],
    ['2026-04-01T09:30:15.1234Z', 'Asia/Shanghai', '2026-04-01T09:30:15.123Z'],
    ['2026-04-01T00:00:00+08:00', 'UTC', '2026-03-31T16:00:00.000Z'],
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
  ])('reads %s in %s', (text, zone, instant) => {
    expect(new Date(instantOf(text, zone) ?? 0).toISOString()).toBe(instant)
    expect(text).toMatch(new RegExp(INSTANT_PATTERN))
  })

  it.each([
    '2026-02-29',
    '2026-13-01',
    '2026-04-31T00:00',
    '1900-01-01',
    '2299-01-01',
    '2026-4-1',
    '2026-04-01 09:30',
    '2026-04-01T24:00',
    '1',
    '',
  ])('takes %j for no date', (text) => {
    expect(instantOf(text, 'UTC')).toBeUndefined()
  })

  it('starts days where the zone starts them, also where a day has 23 hours', () => {
    const instant = Date.UTC(2026, 2, 29, 20)
    expect(new Date(startOfDay(instant, 'Europe/Berlin', 0)).toISOString()).toBe('2026-03-28T23:00:00.000Z')
    expect(new Date(startOfDay(instant + 86_400_000, 'Europe/Berlin', 0)).toISOString()).toBe('2026-03-29T22:00:00.000Z')
    expect(dayOf(Date.UTC(2026, 0, 1, 20), 'Asia/Shanghai') - dayOf(Date.UTC(2026, 0, 1, 15), 'Asia/Shanghai')).toBe(1)
  })
})

describe('measureType', () => {
  it('knows the types that do not depend on what was sent', () => {
    expect(measureType({ event: 'A', measure: 'count' })).toBe('number')
    expect(measureType({ event: 'A', measure: { top: 'x' } })).toBe('string')
    expect(measureType({ event: 'A', measure: { top: 'x', n: 1 } })).toBe('list')
    expect(measureType({ event: 'A', measure: { nth: 1, of: 'timestamp' } })).toBe('date')
    expect(measureType({ event: 'A', measure: { last: 'x' } })).toBeUndefined()
    expect(measureType({ tag: 'x' })).toBeUndefined()
  })
})
