import { definePlugin } from '@tenon/kernel'
import { type Tagger, tagger } from '@tenon/kernel/contracts'
import { z } from 'zod'

const definition = z.strictObject({
  /** The event that says it. */
  event: z.string().min(1),
  /** Where in its properties. */
  property: z.string().min(1),
})

/** What somebody did most often: the favourite colour, shop or category. The station computes it, in batch and in real time. */
export const favouriteTagger: Tagger = {
  kind: 'favourite',
  definition,
  presets: [
    {
      key: 'favourite.category',
      label: { en: 'Favourite category', zh: '最常浏览的品类' },
      definition: { event: 'Product Viewed', property: 'category' },
    },
  ],
  plan(request) {
    const { event, property } = definition.parse(request.definition)
    const tag = { key: request.key, label: request.label, type: 'list' } as const
    return { how: 'measure', tag, measure: { event, measure: { top: property, n: 1 }, within: { last: '365d' } } }
  },
}

export const favouriteTags = definePlugin({
  id: 'acme.tag-favourite',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { tagger },
  setup: () => ({ provide: { tagger: favouriteTagger } }),
})
