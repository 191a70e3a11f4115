import { recommenderConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { covisitConfig } from './config.ts'
import { covisitRecommender } from './covisit-recommender.ts'

conforms({ describe, it }, recommenderConformance, {
  name: 'recommender-covisit',
  subject: () => ({ recommender: covisitRecommender(covisitConfig.parse({})) }),
})
