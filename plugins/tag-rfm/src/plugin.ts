import { definePlugin } from '@tenon/kernel'
import { tagger } from '@tenon/kernel/contracts'
import { rfmConfig } from './config.ts'
import { rfmTagger } from './rfm-tagger.ts'

/** Tags of kind `rfm`: recency, frequency, monetary value, score and tier of every buyer. */
export const tagRfm = definePlugin({
  id: 'tenon.tag-rfm',
  version: '0.1.0',
  description: 'Recency, frequency, monetary value: bands and tiers of buyers.',
  config: rfmConfig,
  needs: {},
  provides: { tagger },
  setup: ({ config }) => ({ provide: { tagger: rfmTagger(config) } }),
})
