import { benefitFaults } from './benefit.ts'
import { channelFaults } from './channel.ts'
import { consentFaults } from './consent.ts'
import { type SeededKind, seededKind } from './faults.ts'
import { identityFaults } from './identity.ts'
import { matcherFaults } from './matcher.ts'
import { recommenderFaults } from './recommender.ts'
import { segmenterFaults } from './segmenter.ts'
import { sourceFaults } from './source.ts'
import { tagFaults } from './tag.ts'
import { transformationFaults } from './transformation.ts'

/** All kinds of plugins, each with a good one and broken ones, in the order of the way of the data. */
export const seededKinds: readonly SeededKind[] = [
  seededKind(sourceFaults),
  seededKind(transformationFaults),
  seededKind(identityFaults),
  seededKind(matcherFaults),
  seededKind(consentFaults),
  seededKind(tagFaults),
  seededKind(segmenterFaults),
  seededKind(recommenderFaults),
  seededKind(benefitFaults),
  seededKind(channelFaults),
]
