import { taggerConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { rfmConfig } from './config.ts'
import { rfmTagger } from './rfm-tagger.ts'

conforms({ describe, it }, taggerConformance, {
  name: 'tag-rfm',
  subject: () => ({
    tagger: rfmTagger(rfmConfig.parse({})),
    definition: { amount: 'total', within: '365d' },
    badDefinitions: [{ bands: 1 }, { event: '' }, { within: 'a year' }, { unknown: true }],
  }),
})
