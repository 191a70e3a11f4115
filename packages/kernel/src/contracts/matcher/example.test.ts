import { definePlugin } from '@tenon/kernel'
import { type Matcher, type MatchProposal, matcher, type PairMatcher } from '@tenon/kernel/contracts'
import { describe, it } from 'vitest'
import { z } from 'zod'
import { type MatcherSubject, matcherConformance } from './conformance.ts'
import { birthdayMatcher } from './example.fixture.ts'

const subject: MatcherSubject = { matcher: birthdayMatcher, kinds: { birthday: 'date', last_name: 'family' } }

describe('the example of a matcher', () => {
  it.each(Object.entries(matcherConformance))('%s', async (_name, play) => play(subject))
})

/** What the compiler refuses. Never called. */
export function refused(good: Matcher, pairs: PairMatcher, proposal: MatchProposal): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { matcher } } as const
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: a field says where it comes from
    { ...good, fields: [{ key: 'name', label: { en: 'Name' } }] } satisfies Matcher,
    // @ts-expect-error: a model is bytes
    { ...good, train: async () => ({ model: '{}', parameters: {} }) } satisfies Matcher,
    // @ts-expect-error: a loaded model explains any pair
    { memoryBytes: 1, propose: pairs.propose } satisfies PairMatcher,
    // @ts-expect-error: evidence names a field
    { ...proposal, evidence: [{ code: 'X', detail: {}, weight: 1 }] } satisfies MatchProposal,
    // @ts-expect-error: it proposes, and merges nothing
    { ...proposal, merge: true } satisfies MatchProposal,
  ]
}
