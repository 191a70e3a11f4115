import type { Candidate, Recommender, RecommendRequest, Scorer } from '@tenon/kernel/contracts'
import type { CovisitConfig } from './config.ts'
import { type CovisitModel, decodeModel, encodeModel, modelOf } from './model.ts'

/** What people see and buy together with what is at hand: the anchors of the page, the session, the history. */
export function covisitRecommender(config: CovisitConfig): Recommender {
  return {
    uses: ['anchors', 'session', 'history'],
    training: { every: config.every },
    async train({ interactions, asOf }, context) {
      const { kinds, within, gapMinutes, cap, perItem, minPeople } = config
      const model = await modelOf(interactions.pairs({ asOf, kinds, within, gapMinutes, cap, perItem, minPeople }), perItem)
      context.signal.throwIfAborted()
      return { model: encodeModel(model), parameters: { items: model.items.length, gapMinutes, within } }
    },
    load: async ({ model }) => scorer(decodeModel(model), model.byteLength),
  }
}

/** How much each thing at hand counts: anchors fully, the session by 1, 1/2, 1/3, ..., the history half of that. */
function basketOf({ anchors, session, profile }: RecommendRequest): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  const put = (item: string, weight: number) => weights.set(item, Math.max(weight, weights.get(item) ?? 0))
  for (const item of anchors) put(item, 1)
  session.slice(0, 20).forEach(({ item }, index) => void put(item, 1 / (index + 1)))
  profile?.history.slice(0, 20).forEach(({ item }, index) => void put(item, 0.5 / (index + 1)))
  return weights
}

function scorer(model: CovisitModel, modelBytes: number): Scorer {
  const indexes = new Map(model.items.map((item, index) => [item, index]))
  return {
    memoryBytes: modelBytes * 4,
    recommend(request) {
      const basket = basketOf(request)
      const found = new Map<number, { score: number; because: string; most: number; people: number }>()
      for (const [item, weight] of basket) {
        const neighbours = model.neighbours[indexes.get(item) ?? -1] ?? []
        // The strongest neighbour of an item counts 1, so that a popular anchor does not drown the others.
        const strongest = neighbours[1] ?? 1
        for (let at = 0; at + 2 < neighbours.length; at += 3) {
          const [right = 0, pair = 0, people = 0] = [neighbours[at], neighbours[at + 1], neighbours[at + 2]]
          const part = (weight * pair) / strongest
          const known = found.get(right)
          if (known === undefined) found.set(right, { score: part, because: item, most: part, people })
          else {
            known.score += part
            if (part > known.most) Object.assign(known, { because: item, most: part, people })
          }
        }
      }
      return [...found]
        .map(([index, { score, because, people }]): Candidate => {
          const reasons = [{ code: 'TOGETHER_WITH', detail: { item: because, people } }]
          return { item: model.items[index] ?? '', score, reasons }
        })
        .filter(({ item }) => !request.anchors.includes(item))
        .sort((a, b) => b.score - a.score || (a.item < b.item ? -1 : 1))
        .slice(0, request.limit)
    },
  }
}
