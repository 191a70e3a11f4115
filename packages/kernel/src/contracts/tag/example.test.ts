import { definePlugin } from '@tenon/kernel'
import { type Tagger, tagger } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseMeasure } from '../rule/parse.ts'
import { type TaggerSubject, taggerConformance } from './conformance.ts'
import { favouriteTagger } from './example.fixture.ts'

const subject: TaggerSubject = {
  tagger: favouriteTagger,
  definition: { event: 'Order Completed', property: 'shop' },
  badDefinitions: [{}, { event: 'Order Completed' }, { event: '', property: 'shop' }, { event: 'x', property: 'y', z: 1 }],
}

describe('the example of a tag', () => {
  it.each(Object.entries(taggerConformance))('%s', async (_name, play) => play(subject))

  it('plans a measure that the rule language knows', () => {
    const plan = favouriteTagger.plan({ key: 'k', label: { en: 'K' }, definition: subject.definition })
    expect(plan.how === 'measure' && parseMeasure(plan.measure)).toMatchObject({ ok: true })
  })
})

/** What the compiler refuses. Never called. */
export function refused(good: Tagger): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { tagger } } as const
  const tag = { key: 'k', label: { en: 'K' }, type: 'number' } as const
  const chinese = { ...tag, label: { zh: '标' } }
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: a kind has a name
    { definition: z.object({}), presets: [], plan: good.plan } satisfies Tagger,
    // @ts-expect-error: a measure tag has a measure
    { ...good, plan: () => ({ how: 'measure' as const, tag }) } satisfies Tagger,
    // @ts-expect-error: a label is in English at least
    { ...good, plan: () => ({ how: 'model' as const, tags: [chinese], fits: false, every: '1d' }) } satisfies Tagger,
    // @ts-expect-error: values come in pages, not at once
    { ...good, value: async () => [] } satisfies Tagger,
  ]
}
