import { definePlugin } from '@tenon/kernel'
import { type BenefitKind, benefitKind } from '@tenon/kernel/contracts'
import { describe, it } from 'vitest'
import { z } from 'zod'
import { type BenefitSubject, benefitConformance } from './conformance.ts'
import { giftKind } from './example.fixture.ts'

const subject: BenefitSubject = {
  kind: giftKind,
  terms: { worth: 300 },
  badTerms: [{}, { worth: 0 }, { worth: 1.5 }, { worth: 1, currency: 'EUR' }],
  basket: { id: 'b', currency: 'EUR', total: 1_000, lines: [{ item: 'tea', categories: ['food'], quantity: 1, amount: 1_000 }] },
}

describe('the example of a benefit', () => {
  it.each(Object.entries(benefitConformance))('%s', async (_name, play) => play(subject))
})

/** What the compiler refuses. Never called. */
export function refused(good: BenefitKind): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { benefitKind } } as const
  const done = { ok: true, changes: [], postings: [], value: 0, cost: 0 } as const
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: a state machine decides at once; the station does what takes time
    { ...good, apply: async () => done } satisfies BenefitKind,
    // @ts-expect-error: a refusal gives its reason
    { ...good, apply: () => ({ ok: false as const }) } satisfies BenefitKind,
    // @ts-expect-error: what it costs the brand is never left open
    { ...good, apply: () => ({ ok: true as const, changes: [], postings: [], value: 0 }) } satisfies BenefitKind,
    // @ts-expect-error: a grant belongs to somebody
    { ...good, apply: () => ({ ...done, changes: [{ grant: 'new', state: 'given', data: {} }] }) } satisfies BenefitKind,
  ]
}
