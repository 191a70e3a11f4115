import { definePlugin } from '@tenon/kernel'
import { segmenter } from '@tenon/kernel/contracts'
import { rulesConfig } from './config.ts'
import { rulesSegmenter } from './rules-segmenter.ts'

/** Segments of kind `rules`: whoever the rule holds for. */
export const segmenterRules = definePlugin({
  id: 'tenon.segmenter-rules',
  version: '0.1.0',
  description: 'Segments by the rule language: traits, tags, behaviour in windows, other segments.',
  config: rulesConfig,
  needs: {},
  provides: { segmenter },
  setup: ({ config }) => ({ provide: { segmenter: rulesSegmenter(config) } }),
})
