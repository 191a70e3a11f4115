import { definePlugin } from '@tenon/kernel'
import { type ConsentPolicy, consentPolicy } from '@tenon/kernel/contracts'
import { describe, it } from 'vitest'
import { z } from 'zod'
import { sampleDay } from '../suite/sample-context.ts'
import { type ConsentSubject, consentConformance } from './conformance.ts'
import { optIn } from './example.fixture.ts'

const subject: ConsentSubject = {
  policy: optIn,
  purpose: 'marketing',
  part: 'marketing.email',
  signals: [{ format: 'gpc', value: '1', at: sampleDay(-1) }],
}

describe('the example of a consent policy', () => {
  it.each(Object.entries(consentConformance))('%s', async (_name, play) => play(subject))
})

/** What the compiler refuses. Never called. */
export function refused(good: ConsentPolicy): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { consentPolicy } } as const
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: a yes rests on something
    { ...good, decide: () => ({ granted: true as const }) } satisfies ConsentPolicy,
    // @ts-expect-error: a no has a reason
    { ...good, decide: () => ({ granted: false as const }) } satisfies ConsentPolicy,
    // @ts-expect-error: the law is no question of time
    { ...good, decide: async () => ({ granted: true as const, basis: 'consent' }) } satisfies ConsentPolicy,
    // @ts-expect-error: a purpose says on what it may rest
    { ...good, purposes: [{ purpose: 'x', label: { en: 'X' } }] } satisfies ConsentPolicy,
  ]
}
