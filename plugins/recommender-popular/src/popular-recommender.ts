import type { Recommender, Scorer } from '@tenon/kernel/contracts'
import type { PopularConfig } from './config.ts'
import { decodeModel, encodeModel, type PopularModel } from './model.ts'

/** What most people want now: every interaction counts weight × 2^(−age / half-life). The fallback of every scene. */
export function popularRecommender(config: PopularConfig): Recommender {
  return {
    uses: [],
    training: { every: config.every },
    async train({ interactions, asOf }, { signal }) {
      signal.throwIfAborted()
      const ranked = await interactions.popularity({ asOf, kinds: config.kinds, within: config.within, limit: config.size })
      const items = ranked.filter(({ people }) => people >= config.minPeople)
      return { model: encodeModel({ version: 1, items }), parameters: { items: items.length, within: config.within } }
    },
    load: async ({ model }) => scorer(decodeModel(model), model.byteLength),
  }
}

function scorer({ items }: PopularModel, modelBytes: number): Scorer {
  const candidates = items.map(({ item, weight, people }, index) => ({
    item,
    score: weight,
    reasons: [{ code: 'POPULAR', detail: { rank: index + 1, people } }],
  }))
  return {
    // The parsed candidates take a few times the room of their text.
    memoryBytes: modelBytes * 4,
    recommend: ({ limit }) => candidates.slice(0, limit),
  }
}
