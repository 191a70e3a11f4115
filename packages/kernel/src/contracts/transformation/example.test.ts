import { definePlugin } from '@tenon/kernel'
import { type CustomerEvent, type Transformation, type TransformOutcome, transformation } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sampleDay } from '../suite/sample-context.ts'
import { type TransformationSubject, transformationConformance } from './conformance.ts'
import { tidyNames } from './example.fixture.ts'

const eventOf = (name: string, user: string): CustomerEvent => ({
  messageId: `m-${name}`,
  source: 'web',
  type: 'track',
  name,
  identifiers: [{ type: 'user_id', value: user }],
  properties: { price: 9.5 },
  traits: {},
  context: {},
  timestamp: sampleDay(),
  receivedAt: sampleDay(),
})

const subject: TransformationSubject = {
  transformation: tidyNames({ testers: ['tester'], after: [] }),
  events: [eventOf('order_completed', 'an'), eventOf('Order-Completed', 'bo'), eventOf('Order Completed', 'tester')],
}

describe('the example of a transformation', () => {
  it.each(Object.entries(transformationConformance))('%s', async (_name, play) => play(subject))

  it('knows a name however it is written, and its testers', async () => {
    const outcomes = await subject.transformation.transform(subject, { workspace: 'shop', purpose: 'collect', signal: AbortSignal.any([]) })
    expect(outcomes.map((outcome) => (outcome.kind === 'changed' ? outcome.parts.name : outcome.kind))).toEqual([
      'Order Completed',
      'Order Completed',
      'dropped',
    ])
  })
})

/** What the compiler refuses. Never called. */
export function refused(good: Transformation): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { transformation } } as const
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: people read what it does
    { transform: good.transform } satisfies Transformation,
    // @ts-expect-error: the id of a message is not its to change
    { kind: 'changed', parts: { messageId: 'm' } } satisfies TransformOutcome,
    // @ts-expect-error: who drops an event says which kind it is
    { ...good, transform: async () => [{ kind: 'dropped' as const }] } satisfies Transformation,
    // @ts-expect-error: properties are plain data
    { ...good, transform: async () => [{ kind: 'changed' as const, parts: { properties: { at: new Date() } } }] } satisfies Transformation,
    // @ts-expect-error: there is no clock
    { ...good, transform: async (_request, { now: _now }) => [] } satisfies Transformation,
  ]
}
