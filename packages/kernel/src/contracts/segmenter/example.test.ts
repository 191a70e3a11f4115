import { definePlugin } from '@tenon/kernel'
import { type Segmenter, segmenter } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseRule } from '../rule/parse.ts'
import { type SegmenterSubject, segmenterConformance } from './conformance.ts'
import { dormantSegmenter } from './example.fixture.ts'

const subject: SegmenterSubject = {
  segmenter: dormantSegmenter,
  definition: { days: 30 },
  badDefinitions: [{}, { days: 0 }, { days: '30' }, { days: 30, unit: 'd' }],
}

describe('the example of a segment', () => {
  it.each(Object.entries(segmenterConformance))('%s', async (_name, play) => play(subject))

  it('plans a rule that the rule language knows', () => {
    const plan = dormantSegmenter.plan({ key: 'k', label: { en: 'K' }, definition: { days: 30 } })
    expect(plan.how === 'rule' && parseRule(plan.rule)).toMatchObject({ ok: true })
  })
})

/** What the compiler refuses. Never called. */
export function refused(good: Segmenter): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { segmenter } } as const
  const segment = { key: 'k', label: { en: 'K' } }
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: a rule segment has a rule
    { ...good, plan: () => ({ how: 'rule' as const, segment }) } satisfies Segmenter,
    // @ts-expect-error: a comparison is exactly what the language knows
    { ...good, plan: () => ({ how: 'rule' as const, segment, rule: { trait: 'city', like: 'S%' } }) } satisfies Segmenter,
    // @ts-expect-error: a model says whether its segments exclude each other
    { ...good, plan: () => ({ how: 'model' as const, segments: [segment], fits: false, every: '1d' }) } satisfies Segmenter,
    // @ts-expect-error: an assignment gives its reasons
    { ...good, assign: unfounded } satisfies Segmenter,
  ]
}

async function* unfounded() {
  yield [{ profile: 1, segment: 'k', score: 1 }]
}
