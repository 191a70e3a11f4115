import { definePlugin } from '@tenon/kernel'
import { type PushRequest, type PushSource, pushSource } from '@tenon/kernel/contracts'
import { describe, it } from 'vitest'
import { z } from 'zod'
import { type SourceSubject, sourceConformance } from './conformance.ts'
import { till } from './example.fixture.ts'

const requestOf = (body: object): PushRequest => ({
  method: 'POST',
  path: '/till/key-1',
  route: '/till/:key',
  params: { key: 'key-1' },
  query: new URLSearchParams(),
  headers: {},
  body: new TextEncoder().encode(JSON.stringify(body)),
})

const receipt = { number: 'R-1', card: '4711', cents: 1299, paidAt: '2026-01-15T11:00:00Z' }

const subject: SourceSubject = {
  source: till,
  samples: [{ request: requestOf(receipt), events: 1, writeKey: 'key-1' }],
  mixed: { request: requestOf(receipt), good: 1, bad: 0 },
  retry: { first: requestOf(receipt), second: requestOf(receipt) },
}

describe('the example of a source', () => {
  it.each(Object.entries(sourceConformance))('%s', async (_name, play) => play(subject))
})

/** What the compiler refuses. Never called. */
export function refused(good: PushSource): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { pushSource } } as const
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: a route says its methods
    { ...good, routes: [{ path: '/x' }] } satisfies PushSource,
    // @ts-expect-error: who refuses says what
    { ...good, read: () => ({ kind: 'unreadable' as const }) } satisfies PushSource,
    // @ts-expect-error: a receipt is a date, not a text
    { ...good, read: () => ({ kind: 'events' as const, refused: [], events: [{ timestamp: '2026-01-01' }] }) } satisfies PushSource,
    // @ts-expect-error: an answer has a body
    { ...good, answer: () => ({ status: 200, headers: {} }) } satisfies PushSource,
  ]
}
