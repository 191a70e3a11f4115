import { definePlugin } from '@tenon/kernel'
import { type Recommender, recommender, type Scorer } from '@tenon/kernel/contracts'
import { describe, it } from 'vitest'
import { z } from 'zod'
import { type RecommenderSubject, recommenderConformance } from './conformance.ts'
import { trendingRecommender } from './example.fixture.ts'

const subject: RecommenderSubject = { recommender: trendingRecommender }

describe('the example of a recommender', () => {
  it.each(Object.entries(recommenderConformance))('%s', async (_name, play) => play(subject))
})

/** What the compiler refuses. Never called. */
export function refused(good: Recommender): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { recommender } } as const
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: a model is bytes
    { ...good, train: async () => ({ model: '{}', parameters: {} }) } satisfies Recommender,
    // @ts-expect-error: a loaded model says what it holds in memory
    { ...good, load: async () => ({ recommend: () => [] }) } satisfies Recommender,
    // @ts-expect-error: a candidate gives its reasons
    { memoryBytes: 1, recommend: () => [{ item: 'a', score: 1 }] } satisfies Scorer,
    // @ts-expect-error: recommend is synchronous work on memory
    { memoryBytes: 1, recommend: async () => [] } satisfies Scorer,
  ]
}
