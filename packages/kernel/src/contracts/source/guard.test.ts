import { describe, expect, it } from 'vitest'
import { guardTools } from '../guard-tools.fixture.ts'
import type { EventDraft } from '../nouns/event.ts'
import { sampleContext, sampleDay } from '../suite/sample-context.ts'
import type { PushReading, PushRequest, PushSource } from './contract.ts'
import { guardPushSource } from './guard.ts'

const context = sampleContext({ purpose: 'collect' })
const request: PushRequest = {
  method: 'POST',
  path: '/',
  route: '/',
  params: {},
  query: new URLSearchParams(),
  headers: {},
  body: new TextEncoder().encode('the body'),
}
const good: EventDraft = {
  messageId: 'm',
  type: 'track',
  name: 'Seen',
  identifiers: [{ type: 'email', value: 'an@example.test' }],
  properties: {},
  traits: {},
  context: {},
  timestamp: sampleDay(),
}

const sourceOf = (overrides: Partial<PushSource>): PushSource => ({
  routes: [],
  writeKey: () => 'key',
  read: () => ({ kind: 'events', events: [good], refused: [] }),
  answer: () => ({ status: 200, headers: {}, body: '' }),
  ...overrides,
})

const guarded = (overrides: Partial<PushSource>) => guardPushSource(sourceOf(overrides), guardTools())
const readOf = (reading: unknown) => guarded({ read: () => reading as PushReading }).read(request, context)
const eventsOf = (...events: readonly unknown[]) => readOf({ kind: 'events', events, refused: [] })
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })

describe('the guard of sources', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no id', { ...good, messageId: '' }],
    ['an id without end', { ...good, messageId: 'x'.repeat(257) }],
    ['a NUL in its id', { ...good, messageId: 'a\0' }],
    ['an unknown type', { ...good, type: 'charge' }],
    ['no name', { ...good, name: '' }],
    ['no date', { ...good, timestamp: new Date('not-a-date') }],
    ['a date of text', { ...good, timestamp: '2026-01-01' }],
    ['half an identifier', { ...good, identifiers: [{ type: 'email' }] }],
    ['half a character in an identifier', { ...good, identifiers: [{ type: 'email', value: '\ud800' }] }],
    ['a function for a property', { ...good, properties: { run: () => 1 } }],
    ['what is no number', { ...good, properties: { total: Number.NaN } }],
    ['no end of nesting', { ...good, properties: nested(100) }],
    ['a list of traits', { ...good, traits: [] }],
    ['a group without id', { ...good, group: { id: '', traits: {} } }],
  ])('refuses an event with %s and keeps the good one beside it', async (_what, bad) => {
    const reading = await eventsOf(good, bad)
    expect(reading).toMatchObject({ kind: 'events', events: [good], refused: [{ code: 'INVALID_EVENT' }] })
  })

  it('survives a body that never ends in itself', async () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    expect(await eventsOf({ ...good, context: circular })).toMatchObject({ events: [], refused: [{ code: 'INVALID_EVENT' }] })
  })

  it('keeps the request that made a source throw, whole', async () => {
    for (const read of [() => JSON.parse('{'), async () => JSON.parse('{')]) {
      expect(await guarded({ read }).read(request, context)).toEqual({
        kind: 'unreadable',
        refused: { code: 'SOURCE_FAILED', message: expect.any(String), payload: 'the body' },
      })
    }
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an unknown kind', { kind: 'maybe' }],
    ['a refusal without a code', { kind: 'unreadable', refused: { code: 'no good', message: 'x', payload: null } }],
    ['a redirect', { kind: 'answer', answer: { status: 302, headers: {}, body: '' } }],
    ['a header of two lines', { kind: 'answer', answer: { status: 200, headers: { a: 'b\r\nc: d' }, body: '' } }],
    ['events that are no list', { kind: 'events', events: {}, refused: [] }],
  ])('finds a source out that reads %s', async (_what, reading) => {
    await expect(readOf(reading)).rejects.toThrow('violation in read')
  })

  it('takes a key that can not be read for none', () => {
    const keyOf = (writeKey: unknown) => guarded({ writeKey: writeKey as PushSource['writeKey'] }).writeKey(request)
    expect(keyOf(() => 'key')).toBe('key')
    expect(keyOf(() => '')).toBeUndefined()
    expect(keyOf(() => 7)).toBeUndefined()
    expect(keyOf(() => atob('%'))).toBeUndefined()
  })

  it('never answers with a redirect', () => {
    const answer = () => ({ status: 301, headers: { location: '/' }, body: '' })
    expect(() => guarded({ answer }).answer({ kind: 'unauthorised' }, request)).toThrow('violation in answer')
  })
})
