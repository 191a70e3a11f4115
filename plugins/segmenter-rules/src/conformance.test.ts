import { segmenterConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { rulesConfig } from './config.ts'
import { rulesSegmenter } from './rules-segmenter.ts'

const rule = {
  and: [{ event: 'Order Completed', measure: 'count', gte: 2, within: { last: '30d' } }, { not: { trait: 'city', eq: 'London' } }],
}

conforms({ describe, it }, segmenterConformance, {
  name: 'segmenter-rules',
  subject: () => ({
    segmenter: rulesSegmenter(rulesConfig.parse({ presets: [{ key: 'loyal', label: { en: 'Loyal' }, definition: { rule } }] })),
    definition: { rule },
    badDefinitions: [{}, { rule: 'everybody' }, { rule: { and: [], or: [] } }, { rule: { trait: 'city', like: 'S%' } }],
  }),
})
