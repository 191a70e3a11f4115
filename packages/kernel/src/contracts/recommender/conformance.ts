import assert from 'node:assert/strict'
import { isDuration } from '../check/values.ts'
import type { Permit } from '../consent/gate.ts'
import type { Interaction, ItemId } from '../nouns/item.ts'
import { purposes } from '../nouns/purpose.ts'
import { deepFreeze } from '../suite/deep-freeze.ts'
import { HOSTILE_TEXTS } from '../suite/hostile.ts'
import { areSameBytes, movedBytes } from '../suite/same-bytes.ts'
import { sampleDay, sampleLongContext } from '../suite/sample-context.ts'
import { type SampleVisit, sampleInteractions } from '../suite/sample-interactions.ts'
import type { Suite } from '../suite/suite.ts'
import { withoutClock } from '../suite/without-clock.ts'
import { candidatesProblem, scorerProblem, trainedProblem } from './check.ts'
import type { Candidate, Recommender, RecommendRequest, Scorer } from './contract.ts'

export interface RecommenderSubject {
  readonly recommender: Recommender
  /** The event names that the recommender, as it is configured, learns from. `Product Viewed` where absent. */
  readonly kind?: string
}

/** Three groups of people who look at three shelves, and a few who look at two. */
function visitsOf(shelf: string, kind: string): readonly SampleVisit[] {
  const items = Array.from({ length: 8 }, (_, index) => `${shelf}-${index}`)
  return Array.from({ length: 40 }, (_, person) => {
    const start = person % 3
    return { profile: person + 1, items: items.slice(start, start + 4), daysAgo: 1 + (person % 20), kind }
  })
}

const context = (overrides: Parameters<typeof sampleLongContext>[0] = {}) =>
  sampleLongContext({ purpose: purposes.personalise, ...overrides })

async function train(recommender: Recommender, visits: readonly SampleVisit[], seed = 1): Promise<Uint8Array> {
  const trained = await recommender.train({ interactions: sampleInteractions(visits), asOf: sampleDay(), seed }, context())
  assert.equal(trainedProblem(trained), undefined)
  return trained.model
}

async function load(recommender: Recommender, model: Uint8Array): Promise<Scorer> {
  const scorer = await recommender.load({ model }, context())
  assert.equal(scorerProblem(scorer, context().memoryBytes), undefined)
  return scorer
}

async function trained({ recommender, kind = 'Product Viewed' }: RecommenderSubject, shelf = 'a'): Promise<Scorer> {
  return load(recommender, await train(recommender, visitsOf(shelf, kind)))
}

const PERMIT: Permit = Object.freeze({
  $$type: '@tenon/Permit',
  workspace: 'shop',
  profile: 1,
  purpose: purposes.personalise,
  action: 'decide',
  basis: 'consent',
  decidedAt: sampleDay(),
})

const act = (item: ItemId): Interaction => ({ item, kind: 'Product Viewed', weight: 1, at: sampleDay(-1) })

const requestOf = (overrides: Partial<RecommendRequest> = {}): RecommendRequest =>
  deepFreeze({ scene: 'home', session: [], anchors: [], limit: 10, now: sampleDay(), ...overrides })

const personal = (history: readonly ItemId[]): Partial<RecommendRequest> => ({
  profile: { id: 1, permit: PERMIT, tags: { tier: 'gold' }, history: history.map(act) },
})

function ask(scorer: Scorer, request: RecommendRequest): readonly Candidate[] {
  const candidates = withoutClock(() => scorer.recommend(request))
  assert.equal(candidatesProblem(request.limit, candidates), undefined)
  return candidates
}

/** The ways to ask that stations use, each about shelf `a`. */
const QUESTIONS: readonly RecommendRequest[] = [
  requestOf(),
  requestOf({ scene: 'related', anchors: ['a-2'] }),
  requestOf({ scene: 'cart', anchors: ['a-1', 'a-3'] }),
  requestOf({ session: ['a-3', 'a-2'].map(act) }),
  requestOf(personal(['a-2', 'a-1'])),
  requestOf({ ...personal(['a-2']), anchors: ['a-4'], query: 'a' }),
]

export const recommenderConformance = Object.freeze({
  'says how old a model may get': async ({ recommender }) => {
    assert.ok(isDuration(recommender.training.every), 'training.every is a duration')
  },

  'knows something about what people did': async (subject) => {
    const scorer = await trained(subject)
    assert.ok(
      QUESTIONS.some((question) => ask(scorer, question).length > 0),
      'a trained model answers one of the usual questions',
    )
  },

  'gives no more than was asked for, the best first, with reasons': async (subject) => {
    const scorer = await trained(subject)
    for (const question of QUESTIONS) for (const limit of [0, 1, 3, 1_000]) ask(scorer, { ...question, limit })
  },

  'names only items that it has seen': async (subject) => {
    const scorer = await trained(subject)
    for (const question of QUESTIONS) {
      for (const { item } of ask(scorer, { ...question, limit: 1_000 })) assert.match(item, /^a-\d$/)
    }
  },

  'answers the same question the same way, and changes nothing it was given': async (subject) => {
    const scorer = await trained(subject)
    for (const question of QUESTIONS) assert.deepEqual(ask(scorer, question), ask(scorer, question))
  },

  'learns the same from the same interactions and seed': async ({ recommender, kind = 'Product Viewed' }) => {
    const visits = visitsOf('a', kind)
    assert.ok(areSameBytes(await train(recommender, visits), await train(recommender, visits)), 'two models differ')
  },

  'says nothing where nothing is known': async ({ recommender }) => {
    const scorer = await load(recommender, await train(recommender, []))
    for (const question of QUESTIONS) assert.deepEqual(ask(scorer, question), [])
  },

  'takes unknown people, items and words': async (subject) => {
    const scorer = await trained(subject)
    for (const text of HOSTILE_TEXTS) {
      ask(scorer, requestOf({ anchors: [text], query: text, scene: text }))
      ask(scorer, requestOf({ ...personal([text]), session: [act(text)] }))
    }
  },

  'learns from items with hostile names': async ({ recommender, kind = 'Product Viewed' }) => {
    const names = HOSTILE_TEXTS.filter((text) => text.isWellFormed() && text !== '' && !text.includes('\0'))
    const visits = [1, 2, 3].map((profile) => ({ profile, items: names, daysAgo: profile, kind }))
    const scorer = await load(recommender, await train(recommender, visits))
    const known = new Set(names)
    for (const anchor of names) {
      for (const { item } of ask(scorer, requestOf({ anchors: [anchor], limit: 100 }))) assert.ok(known.has(item), 'a name was changed')
    }
  },

  'reads its model wherever the store keeps it': async ({ recommender, kind = 'Product Viewed' }) => {
    const model = await train(recommender, visitsOf('a', kind))
    const [plain, moved] = [await load(recommender, model), await load(recommender, movedBytes(model))]
    for (const question of QUESTIONS) assert.deepEqual(ask(moved, question), ask(plain, question))
  },

  'refuses bytes that it did not write': async ({ recommender, kind = 'Product Viewed' }) => {
    const model = await train(recommender, visitsOf('a', kind))
    const foreign = [
      new Uint8Array(),
      Uint8Array.of(1, 2, 3),
      new TextEncoder().encode('{"items":[]}'),
      model.subarray(0, model.length >> 1),
    ]
    for (const bytes of foreign)
      await assert.rejects(async () => recommender.load({ model: bytes }, context()), 'foreign bytes are refused')
  },

  'keeps the models of two workspaces apart': async (subject) => {
    const ours = await trained(subject, 'a')
    const before = QUESTIONS.map((question) => ask(ours, question))
    const theirs = await trained(subject, 'b')
    for (const { item } of ask(theirs, requestOf({ limit: 1_000 }))) assert.match(item, /^b-\d$/)
    assert.deepEqual(
      QUESTIONS.map((question) => ask(ours, question)),
      before,
    )
  },

  'takes new facts while it serves, if it can': async (subject) => {
    const scorer = await trained(subject)
    scorer.learn?.(deepFreeze([{ profile: 1, interaction: act('a-1') }, { interaction: act('never-seen') }]))
    for (const question of QUESTIONS) ask(scorer, question)
  },

  'stops training when nobody waits any more': async ({ recommender, kind = 'Product Viewed' }) => {
    const request = { interactions: sampleInteractions(visitsOf('a', kind)), asOf: sampleDay(), seed: 1 }
    await assert.rejects(async () => recommender.train(request, context({ signal: AbortSignal.abort() })))
  },
} satisfies Suite<RecommenderSubject>)
