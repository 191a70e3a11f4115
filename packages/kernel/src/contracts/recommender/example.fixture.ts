import { definePlugin } from '@tenon/kernel'
import { type Recommender, recommender } from '@tenon/kernel/contracts'
import { z } from 'zod'

const KINDS = { 'Product Viewed': { weight: 1, halfLifeDays: 7 }, 'Order Completed': { weight: 5, halfLifeDays: 7 } }
const modelSchema = z.strictObject({ kind: z.literal('trending/1'), items: z.array(z.tuple([z.string(), z.number()])) })

/** What most people look at and buy these days, the same for everybody. */
export const trendingRecommender: Recommender = {
  uses: [],
  training: { every: '1h' },
  async train({ interactions, asOf }, { signal }) {
    signal.throwIfAborted()
    const popular = await interactions.popularity({ asOf, kinds: KINDS, within: '30d', limit: 500 })
    const model = { kind: 'trending/1', items: popular.map(({ item, weight }) => [item, weight]) }
    return { model: new TextEncoder().encode(JSON.stringify(model)), parameters: { items: popular.length } }
  },
  async load({ model }) {
    const { items } = modelSchema.parse(JSON.parse(new TextDecoder().decode(model)))
    return {
      memoryBytes: model.byteLength * 3,
      recommend: ({ limit }) =>
        items.slice(0, limit).map(([item, score]) => ({ item, score, reasons: [{ code: 'TRENDING', detail: { score } }] })),
    }
  },
}

export const trending = definePlugin({
  id: 'acme.recommender-trending',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { recommender },
  setup: () => ({ provide: { recommender: trendingRecommender } }),
})
