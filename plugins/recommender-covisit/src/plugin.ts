import { definePlugin } from '@tenon/kernel'
import { recommender } from '@tenon/kernel/contracts'
import { covisitConfig } from './config.ts'
import { covisitRecommender } from './covisit-recommender.ts'

/** Items that are seen and bought together. */
export const recommenderCovisit = definePlugin({
  id: 'tenon.recommender-covisit',
  version: '0.1.0',
  description: 'Items seen and bought together in one session.',
  config: covisitConfig,
  needs: {},
  provides: { recommender },
  setup: ({ config }) => ({ provide: { recommender: covisitRecommender(config) } }),
})
