import { taggerConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { measureConfig } from './config.ts'
import { measureTagger } from './measure-tagger.ts'

const measure = { event: 'Order Completed', measure: { sum: 'revenue' }, within: { last: '90d' } }

conforms({ describe, it }, taggerConformance, {
  name: 'tag-measure',
  subject: () => ({
    tagger: measureTagger(measureConfig.parse({ presets: [{ key: 'spent', label: { en: 'Spent' }, definition: { measure } }] })),
    definition: { measure },
    badDefinitions: [{}, { measure: 'count' }, { measure: { ...measure, within: 'long' } }, { measure, type: 'date' }],
  }),
})
