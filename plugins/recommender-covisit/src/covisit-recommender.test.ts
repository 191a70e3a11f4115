import type { Interactions, LongCallContext, RecommendRequest } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { covisitConfig } from './config.ts'
import { covisitRecommender } from './covisit-recommender.ts'

const now = new Date('2026-01-01T00:00:00Z')
const context: LongCallContext = {
  workspace: 'w',
  purpose: 'personalise',
  now,
  signal: new AbortController().signal,
  progress: () => {},
  memoryBytes: 1e8,
}
const unused = () => {
  throw new Error('covisit asks for pairs only')
}

/** A→B strongly, A→C weakly, D→C strongly, both directions as the contract says. */
const interactions: Interactions = {
  async *pairs() {
    yield [
      { left: 'A', right: 'B', weight: 10, people: 9 },
      { left: 'B', right: 'A', weight: 10, people: 9 },
      { left: 'A', right: 'C', weight: 2, people: 3 },
    ]
    yield [
      { left: 'C', right: 'A', weight: 2, people: 3 },
      { left: 'D', right: 'C', weight: 4, people: 5 },
      { left: 'C', right: 'D', weight: 4, people: 5 },
    ]
  },
  popularity: unused,
  matrix: unused,
  sessions: unused,
  items: unused,
}

async function trained() {
  const recommender = covisitRecommender(covisitConfig.parse({}))
  const { model } = await recommender.train({ interactions, asOf: now, seed: 1 }, context)
  return recommender.load({ model }, context)
}

const ask = (given: Partial<RecommendRequest>): RecommendRequest => ({
  scene: 'related',
  session: [],
  anchors: [],
  limit: 10,
  now,
  ...given,
})

describe('co-visitation', () => {
  it('answers with what goes together with the anchor, and says with what', async () => {
    const answer = (await trained()).recommend(ask({ anchors: ['A'] }))
    expect(answer.map(({ item }) => item)).toEqual(['B', 'C'])
    expect(answer[0]).toEqual({ item: 'B', score: 1, reasons: [{ code: 'TOGETHER_WITH', detail: { item: 'A', people: 9 } }] })
  })

  it('adds up what several anchors agree on', async () => {
    const answer = (await trained()).recommend(ask({ anchors: ['A', 'D'] }))
    expect(answer.map(({ item }) => item)).toEqual(['C', 'B'])
    expect(answer[0]?.reasons).toEqual([{ code: 'TOGETHER_WITH', detail: { item: 'D', people: 5 } }])
  })

  it('weighs the session by how fresh it is', async () => {
    const session = ['D', 'A'].map((item) => ({ item, kind: 'Product Viewed', weight: 1, at: now }))
    const answer = (await trained()).recommend(ask({ session }))
    expect(answer[0]?.item).toBe('C')
  })

  it('answers nothing where it knows nothing, and never more than asked', async () => {
    const scorer = await trained()
    expect(scorer.recommend(ask({ anchors: ['unknown'] }))).toEqual([])
    expect(scorer.recommend(ask({}))).toEqual([])
    expect(scorer.recommend(ask({ anchors: ['A'], limit: 1 }))).toHaveLength(1)
  })

  it('refuses a model that it did not write', async () => {
    const model = new TextEncoder().encode('{"version":9}')
    await expect(covisitRecommender(covisitConfig.parse({})).load({ model }, context)).rejects.toThrow()
  })
})
