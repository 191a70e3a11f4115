import { definePlugin } from '@tenon/kernel'
import { tagger } from '@tenon/kernel/contracts'
import { measureConfig } from './config.ts'
import { measureTagger } from './measure-tagger.ts'

/** Tags of kind `measure`: a value over the history of a person. */
export const tagMeasure = definePlugin({
  id: 'tenon.tag-measure',
  version: '0.1.0',
  description: 'Tags by measure: counts, sums, recency, favourites, ratios, in windows.',
  config: measureConfig,
  needs: {},
  provides: { tagger },
  setup: ({ config }) => ({ provide: { tagger: measureTagger(config) } }),
})
