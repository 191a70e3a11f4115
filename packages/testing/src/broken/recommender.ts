import { type RecommenderSubject, recommenderConformance } from '@tenon/kernel/conformance'
import type { Candidate, Recommender, RecommendRequest, Scorer } from '@tenon/kernel/contracts'
import { z } from 'zod'
import type { Faults } from './faults.ts'

const MODEL = z.strictObject({ kind: z.literal('most-seen'), items: z.array(z.tuple([z.string(), z.number()])) })
type Items = z.infer<typeof MODEL>['items']

const encode = (items: Items): Uint8Array => new TextEncoder().encode(JSON.stringify({ kind: 'most-seen', items }))
const decode = (model: Uint8Array): Items => MODEL.parse(JSON.parse(new TextDecoder().decode(model))).items

const answer = (items: Items, { limit }: RecommendRequest): readonly Candidate[] =>
  items.slice(0, limit).map(([item, score]) => ({ item, score, reasons: [{ code: 'most-seen', detail: { score } }] }))

/** What most people looked at. */
const mostSeen: Recommender = {
  uses: [],
  training: { every: '1h' },
  async train({ interactions, asOf }, { signal }) {
    signal.throwIfAborted()
    const found = await interactions.popularity({ asOf, kinds: { 'Product Viewed': { weight: 1 } }, limit: 1_000 })
    return { model: encode(found.map(({ item, weight }) => [item, weight])), parameters: {} }
  },
  async load({ model }) {
    const items = decode(model)
    return { memoryBytes: model.byteLength * 2, recommend: (request) => answer(items, request) }
  },
}

const subjectOf = (mutate: (good: Recommender) => Recommender) => (): RecommenderSubject => ({ recommender: mutate(mostSeen) })

const scoring = (mutate: (scorer: Scorer, items: Items) => Scorer['recommend']) =>
  subjectOf((good) => ({
    ...good,
    async load(request, context) {
      const scorer = await good.load(request, context)
      return { ...scorer, recommend: mutate(scorer, decode(request.model)) }
    },
  }))

/** One list of items for all models that it ever loaded. */
function forgetful(): Recommender {
  let last: Items = []
  return {
    ...mostSeen,
    async load({ model }) {
      last = decode(model)
      return { memoryBytes: model.byteLength, recommend: (request) => answer(last, request) }
    },
  }
}

export const recommenderFaults: Faults<RecommenderSubject> = {
  kind: 'recommender',
  suite: recommenderConformance,
  good: subjectOf((good) => good),
  broken: {
    'answers more than was asked for': scoring((scorer) => (request) => scorer.recommend({ ...request, limit: request.limit + 1 })),
    'answers the worst first': scoring((scorer) => (request) => [...scorer.recommend(request)].reverse()),
    'repeats itself': scoring(
      (scorer) => (request) =>
        scorer
          .recommend(request)
          .flatMap((candidate) => [candidate, candidate])
          .slice(0, request.limit),
    ),
    'gives no reason': scoring((scorer) => (request) => scorer.recommend(request).map((candidate) => ({ ...candidate, reasons: [] }))),
    'scores with what is not a number': scoring(
      (scorer) => (request) => scorer.recommend(request).map((candidate) => ({ ...candidate, score: candidate.score / 0 - 1 / 0 })),
    ),
    'fills up with items of its own': scoring((scorer) => (request) => {
      const found = scorer.recommend(request)
      const filler: Candidate = { item: 'house-brand', score: -1, reasons: [{ code: 'filler', detail: {} }] }
      return found.length < request.limit ? [...found, filler] : found
    }),
    'changes the request': scoring((scorer) => (request) => {
      Object.assign(request, { limit: request.limit + 0 })
      return scorer.recommend(request)
    }),
    'shuffles its answers': scoring((_scorer, items) => (request) => {
      const from = Math.floor(Math.random() * items.length)
      return answer([...items.slice(from), ...items.slice(0, from)], request).map((candidate) => ({ ...candidate, score: 0 }))
    }),
    'swallows a model of anybody': subjectOf((good) => ({
      ...good,
      load: (request, context) => good.load(request, context).catch(() => ({ memoryBytes: 0, recommend: () => [] })),
    })),
    'serves one workspace the model of another': subjectOf(forgetful),
    'reads its model from the start of the buffer': subjectOf((good) => ({
      ...good,
      load: ({ model }, context) => good.load({ model: new Uint8Array(model.buffer, 0, model.length) }, context),
    })),
    'trains on when nobody waits': subjectOf((good) => ({
      ...good,
      train: (request, context) => good.train(request, { ...context, signal: new AbortController().signal }),
    })),
  },
}
