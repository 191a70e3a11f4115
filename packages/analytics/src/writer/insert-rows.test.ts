import { type Json, type Properties, parseJson } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, nastyText, token } from '../analytics.fixture.ts'
import { AnalyticsRowInvalid } from '../errors.ts'
import type { StoredEvent } from './event-format.ts'

const analytics = migratedAnalytics()

const anyName = nastyText.filter((value) => value !== '')
const anyJson: fc.Arbitrary<Json> = fc.json({ stringUnit: 'binary' }).map((text) => parseJson(text))
const anyObject: fc.Arbitrary<Properties> = fc.dictionary(fc.oneof(nastyText, fc.constant('__proto__')), anyJson, { maxKeys: 4 })

/** What UTF-8 can hold of a value. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]))
}

/** In one order of fields, objects as text: also a key named `__proto__` is compared. */
const comparable = (stored: StoredEvent): readonly string[] =>
  Object.entries(stored)
    .map(([field, value]) => `${field}=${JSON.stringify(wellFormed(value))}`)
    .sort()

const anyEvent = fc.record({
  name: anyName,
  messageId: anyName,
  source: anyName,
  type: fc.constantFrom('track' as const, 'identify' as const, 'page' as const, 'screen' as const, 'group' as const, 'alias' as const),
  identifiers: fc.array(fc.record({ type: nastyText, value: nastyText }, { noNullPrototype: true }), { maxLength: 3 }),
  properties: anyObject,
  traits: anyObject,
  context: anyObject,
  group: fc.record({ id: anyName, traits: anyObject }),
  timestamp: fc.date({ min: new Date('1900-01-01'), max: new Date('2299-12-31'), noInvalidDate: true }),
  receivedAt: fc.date({ min: new Date('2020-01-01'), max: new Date('2020-02-01'), noInvalidDate: true }),
})

describe('insertEvents', () => {
  it(
    'keeps every event as it was, whatever is in it',
    () =>
      fc.assert(
        fc.asyncProperty(anyName, fc.array(anyEvent, { minLength: 1, maxLength: 8 }), async (name, generated) => {
          const workspace = `${name}-${token()}`
          const stored = generated.map((says, index) => event(workspace, index + 1, { ...says, workspace }))
          await analytics.store.insertEvents(stored, { token: token() })
          const read = analytics.store.in(workspace)
          for (const written of stored) {
            const { rows } = await read.events({ profile: written.profile, limit: 2 })
            expect(rows.map(comparable)).toEqual([comparable(written)])
          }
        }),
        { numRuns: 40 },
      ),
    120_000,
  )

  it('stores a repeated token once, and other tokens beside it', async () => {
    const workspace = analytics.workspace()
    const [first, second] = [[event(workspace, 1), event(workspace, 2)], [event(workspace, 3)]]
    const read = analytics.store.in(workspace)
    await analytics.store.insertEvents(first, { token: 'stream:0-2' })
    await analytics.store.insertEvents(second, { token: 'stream:2-3' })
    await analytics.store.insertEvents(first, { token: 'stream:0-2' })
    expect(await read.countEvents()).toBe(3)
  })

  it('stores a repeated token once where the rows lie in several partitions', async () => {
    const workspace = analytics.workspace()
    const rows = ['2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z'].map((at) => event(workspace, 1, { receivedAt: new Date(at) }))
    await analytics.store.insertEvents(rows, { token: 'month:end' })
    await analytics.store.insertEvents(rows, { token: 'month:end' })
    expect(await analytics.store.in(workspace).countEvents()).toBe(2)
  })

  it('writes more rows than one insert takes, and once', async () => {
    const workspace = analytics.workspace()
    const one = event(workspace, 1)
    const rows = Array.from({ length: 200_001 }, (_, index) => ({ ...one, messageId: `m${index}` }))
    await analytics.store.insertEvents(rows, { token: 'large' })
    await analytics.store.insertEvents(rows, { token: 'large' })
    expect(await analytics.store.in(workspace).countEvents()).toBe(200_001)
  })

  it('writes nothing of a batch with a row that can not be', async () => {
    const workspace = analytics.workspace()
    const rows = [event(workspace, 1), event(workspace, 2, { timestamp: new Date(Number.NaN) })]
    await expect(analytics.store.insertEvents(rows, { token: token() })).rejects.toSatisfy(AnalyticsRowInvalid.is)
    await expect(analytics.store.insertEvents([event(workspace, 1.5)], { token: token() })).rejects.toSatisfy(AnalyticsRowInvalid.is)
    expect(await analytics.store.in(workspace).countEvents()).toBe(0)
  })

  it('takes an empty batch', async () => {
    await analytics.store.insertEvents([], { token: token() })
  })
})
