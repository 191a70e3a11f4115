import { describe, expect, it } from 'vitest'
import { guardTools, permitFor } from '../guard-tools.fixture.ts'
import { sampleDay, sampleLongContext } from '../suite/sample-context.ts'
import { sampleInteractions } from '../suite/sample-interactions.ts'
import type { Candidate, Recommender, RecommendRequest } from './contract.ts'
import { guardRecommender } from './guard.ts'

const context = sampleLongContext({ purpose: 'personalise' })
const permit = permitFor({ purpose: 'personalise', action: 'decide' })
const good: Candidate = { item: 'a', score: 1, reasons: [{ code: 'X', detail: {} }] }

function recommenderOf(answer: (request: RecommendRequest) => unknown, memoryBytes = 10): Recommender {
  return {
    uses: [],
    training: { every: '1d' },
    train: async () => ({ model: new Uint8Array(), parameters: {} }),
    load: async () => ({ memoryBytes, recommend: (request) => answer(request) as readonly Candidate[] }),
  }
}

const requestOf = (overrides: Partial<RecommendRequest> = {}): RecommendRequest => ({
  scene: 'home',
  session: [],
  anchors: [],
  limit: 2,
  now: sampleDay(),
  ...overrides,
})

async function ask(answer: (request: RecommendRequest) => unknown, request = requestOf(), tools = guardTools({ permits: [permit] })) {
  const scorer = await guardRecommender(recommenderOf(answer), tools).load({ model: new Uint8Array() }, context)
  return scorer.recommend(request)
}

const personal = (overrides: Partial<NonNullable<RecommendRequest['profile']>> = {}) =>
  requestOf({ profile: { id: 7, permit, tags: {}, history: [], ...overrides } })

describe('the guard of recommenders', () => {
  it('hands a person over with a permit for that person alone', async () => {
    const seen: unknown[] = []
    const look = (request: RecommendRequest) => {
      seen.push('profile' in request)
      return [good]
    }
    await ask(look, personal())
    await ask(look, personal({ id: 8 }))
    await ask(look, personal({ permit: permitFor({ purpose: 'personalise', action: 'decide' }) }))
    await ask(look, personal(), guardTools({ permits: [permit], gate: 'absent' }))
    await ask(look, personal(), guardTools({ permits: [permit], gate: 'broken' }))
    expect(seen).toEqual([true, false, false, false, false])
  })

  it.each<[string, readonly unknown[] | undefined]>([
    ['nothing', undefined],
    ['more than was asked for', [good, { ...good, item: 'b' }, { ...good, item: 'c' }]],
    ['an item twice', [good, good]],
    ['what is no number', [{ ...good, score: Number.NaN }]],
    ['the best last', [good, { ...good, item: 'b', score: 2 }]],
    ['no reason', [{ ...good, reasons: [] }]],
    ['no item', [{ ...good, item: '' }]],
  ])('finds a model out that answers %s', async (_what, candidates) => {
    await expect(ask(() => candidates)).rejects.toThrow('violation in recommend')
  })

  it('refuses a model that holds more than it may', async () => {
    const loading = guardRecommender(
      recommenderOf(() => [], context.memoryBytes + 1),
      guardTools(),
    ).load({ model: new Uint8Array() }, context)
    await expect(loading).rejects.toThrow('violation in load')
  })

  it('refuses a training without a model', async () => {
    const evil: Recommender = { ...recommenderOf(() => []), train: async () => ({ model: 'bytes' as never, parameters: {} }) }
    const request = { interactions: sampleInteractions([]), asOf: sampleDay(), seed: 1 }
    await expect(guardRecommender(evil, guardTools()).train(request, context)).rejects.toThrow('violation in train')
  })
})
