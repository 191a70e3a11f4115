import { definePlugin } from '@tenon/kernel'
import { recommender } from '@tenon/kernel/contracts'
import { popularConfig } from './config.ts'
import { popularRecommender } from './popular-recommender.ts'

/** Items that many people want now. */
export const recommenderPopular = definePlugin({
  id: 'tenon.recommender-popular',
  version: '0.1.0',
  description: 'Popular items, with interactions that fade by half-life.',
  config: popularConfig,
  needs: {},
  provides: { recommender },
  setup: ({ config }) => ({ provide: { recommender: popularRecommender(config) } }),
})
