import { describe, expect, it } from 'vitest'
import { guardTools } from '../guard-tools.fixture.ts'
import type { CustomerEvent } from '../nouns/event.ts'
import { sampleDay } from '../suite/sample-context.ts'
import type { Transformation, TransformContext } from './contract.ts'
import { guardTransformation } from './guard.ts'

const eventOf = (name: string, more: Partial<CustomerEvent> = {}): CustomerEvent => ({
  messageId: `m-${name}`,
  source: 'web',
  type: 'track',
  name,
  identifiers: [],
  properties: { price: 1, deep: { list: [{ of: 'values' }] } },
  traits: {},
  context: {},
  timestamp: sampleDay(),
  receivedAt: sampleDay(),
  ...more,
})

const context: TransformContext = { workspace: 'shop', purpose: 'collect', signal: new AbortController().signal }
const [good, bad, other] = [eventOf('good'), eventOf('bad'), eventOf('other')]

const transformationOf = (transform: (request: { readonly events: readonly CustomerEvent[] }) => unknown): Transformation => ({
  label: { en: 'Evil' },
  transform: async (request) => (await transform(request)) as never,
})

const outcomesOf = (transform: Parameters<typeof transformationOf>[0], events: readonly CustomerEvent[] = [good], tools = guardTools()) =>
  guardTransformation(transformationOf(transform), tools).transform({ events }, context)

const changing = (parts: unknown) => () => [{ kind: 'changed', parts }]

describe('the guard of transformations', () => {
  it('passes every kind of outcome', async () => {
    const outcomes = [
      { kind: 'kept' },
      { kind: 'changed', parts: { name: 'n', properties: { a: [1, null] }, identifiers: [{ type: 'email', value: '' }] } },
      { kind: 'dropped', code: 'BOT' },
      { kind: 'failed', code: 'NO_RATE', message: 'there is no rate' },
    ]
    expect(await outcomesOf(() => outcomes, [good, bad, other, good])).toBe(outcomes)
  })

  it.each<[string, unknown]>([
    ['the id of a message', { messageId: 'm' }],
    ['the source', { source: 's' }],
    ['the type', { type: 'page' }],
    ['the receipt', { receivedAt: sampleDay(1) }],
    ['a part that nobody knows', { colour: 'red' }],
    ['an inherited name', { toString: 'x' }],
    ['an empty name', { name: '' }],
    ['a long name', { name: 'x'.repeat(513) }],
    ['properties with a date', { properties: { at: new Date(0) } }],
    ['properties with a number that JSON does not know', { properties: { at: Number.NaN } }],
    ['properties of nothing', { properties: undefined }],
    ['traits that are a list', { traits: [] }],
    ['a context beyond all depth', { context: JSON.parse(`${'{"a":'.repeat(70)}1${'}'.repeat(70)}`) }],
    ['identifiers without a type', { identifiers: [{ value: 'x' }] }],
    ['identifiers by the hundred', { identifiers: Array.from({ length: 65 }, () => ({ type: 'email', value: 'x' })) }],
    ['a group where there is none', { group: { id: 'g', traits: {} } }],
    ['a time long past', { timestamp: new Date(Date.UTC(1800, 0, 1)) }],
    ['a time to come', { timestamp: sampleDay(2) }],
    ['a time that is text', { timestamp: '2026-01-01' }],
    ['no parts', undefined],
  ])('refuses a change of %s', async (_what, parts) => {
    expect(await outcomesOf(changing(parts))).toMatchObject([{ kind: 'failed', code: 'TRANSFORMATION_INVALID' }])
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no list', { kind: 'kept' }],
    ['an outcome too many', [{ kind: 'kept' }, { kind: 'kept' }]],
    ['an unknown outcome', [{ kind: 'lost' }]],
    ['a hole', [undefined]],
    ['a drop without a code', [{ kind: 'dropped' }]],
    ['a failure without a code', [{ kind: 'failed', message: 'x' }]],
    ['a failure without words', [{ kind: 'failed', code: 'X', message: '' }]],
  ])('takes %s for a failure', async (_what, answer) => {
    expect(await outcomesOf(() => answer)).toMatchObject([{ kind: 'failed', code: 'TRANSFORMATION_INVALID' }])
  })

  it('lets a group change where there is one', async () => {
    const group = { id: 'g', traits: { plan: 'pro' } }
    const event = eventOf('grouped', { type: 'group', group: { id: 'g', traits: {} } })
    expect(await outcomesOf(changing({ group }), [event])).toMatchObject([{ kind: 'changed' }])
  })

  it('blames the event that makes it throw, and no other', async () => {
    const outcomes = await outcomesOf(
      ({ events }) => {
        if (events.includes(bad)) throw new TypeError('no bad ones')
        return events.map(() => ({ kind: 'kept' }))
      },
      [good, bad, other],
    )
    expect(outcomes).toEqual([
      { kind: 'kept' },
      { kind: 'failed', code: 'TRANSFORMATION_FAILED', message: 'TypeError: no bad ones' },
      { kind: 'kept' },
    ])
  })

  it('hands out what can not be changed', async () => {
    const outcomes = await outcomesOf(({ events }) => {
      for (const event of events) Object.assign(event.properties.deep as object, { list: 'mine' })
      return events.map(() => ({ kind: 'kept' }))
    })
    expect(outcomes).toMatchObject([{ kind: 'failed', code: 'TRANSFORMATION_FAILED' }])
    expect(good.properties).toEqual({ price: 1, deep: { list: [{ of: 'values' }] } })
  })

  it('finds the event that makes it hang', async () => {
    const tools = guardTools()
    const timeout = Object.assign(new Error('too long'), { code: 'TENON_PLUGIN_CALL_TIMEOUT' })
    const asked: number[] = []
    const hangs = guardTransformation(
      transformationOf(({ events }) => events.map(() => ({ kind: 'kept' }))),
      {
        ...tools,
        async call({ operation, limitMs, run }) {
          asked.push(limitMs)
          // The second alone is the one that hangs.
          if (asked.length === 1 || asked.length === 3) throw timeout
          return tools.call({ operation, limitMs, run })
        },
      },
    )
    expect(await hangs.transform({ events: [good, bad, other] }, context)).toMatchObject([
      { kind: 'kept' },
      { kind: 'failed', code: 'TRANSFORMATION_TIMEOUT' },
      { kind: 'kept' },
    ])
    expect(asked).toEqual([10_000, 1_000, 1_000, 1_000])
  })

  it('blames no event when it rests', async () => {
    const open = Object.assign(new Error('rests'), { code: 'TENON_PLUGIN_CIRCUIT_OPEN' })
    const tools = { ...guardTools(), call: async () => Promise.reject(open) }
    await expect(outcomesOf(() => [], [good], tools)).rejects.toBe(open)
  })

  it('gives up when nobody waits any more', async () => {
    const evil = guardTransformation(
      transformationOf(() => []),
      guardTools(),
    )
    await expect(evil.transform({ events: [good] }, { ...context, signal: AbortSignal.abort() })).rejects.toThrow()
  })

  it('refuses one that does not say what it does', async () => {
    const mute = guardTransformation({ ...transformationOf(() => []), label: { en: '' } }, guardTools())
    await expect(mute.transform({ events: [] }, context)).rejects.toThrow('violation in transform')
  })
})
