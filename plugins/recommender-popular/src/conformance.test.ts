import { recommenderConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { popularConfig } from './config.ts'
import { popularRecommender } from './popular-recommender.ts'

conforms({ describe, it }, recommenderConformance, {
  name: 'recommender-popular',
  subject: () => ({ recommender: popularRecommender(popularConfig.parse({})) }),
})
