import { definePlugin } from '@tenon/kernel'
import { type IdentityPolicy, identityPolicy } from '@tenon/kernel/contracts'
import { describe, it } from 'vitest'
import { z } from 'zod'
import { type IdentitySubject, identityConformance } from './conformance.ts'
import { cardPolicy } from './example.fixture.ts'

const subject: IdentitySubject = {
  policy: cardPolicy,
  samples: { card: { same: ['4711 0815', '47110815', '4711-0815'], nobody: ['n/a', '12'] } },
  person: (index) => ({ type: 'card', value: `9000${index}` }),
}

describe('the example of an identity policy', () => {
  it.each(Object.entries(identityConformance))('%s', async (_name, play) => play(subject))
})

/** What the compiler refuses. Never called. */
export function refused(good: IdentityPolicy): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { identityPolicy } } as const
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: a type says how its values are written
    { ...good, types: [{ type: 'x', label: { en: 'X' }, personal: false }] } satisfies IdentityPolicy,
    // @ts-expect-error: a merge names its rule
    { ...good, plan: () => ({ kind: 'merge' as const, into: 1, from: [2], attach: [], dropped: [] }) } satisfies IdentityPolicy,
    // @ts-expect-error: what is dropped names its rule
    { ...good, plan: () => ({ kind: 'create' as const, attach: [], dropped: [{ type: 'x', value: 'y' }] }) } satisfies IdentityPolicy,
    // @ts-expect-error: a policy asks nobody: it has no time to wait
    { ...good, plan: async () => ({ kind: 'anonymous' as const, rule: 'x', dropped: [] }) } satisfies IdentityPolicy,
  ]
}
