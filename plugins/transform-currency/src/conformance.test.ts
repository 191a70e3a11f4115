import { transformationConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { currencyConfig } from './config.ts'
import { currencyTransformation } from './currency-transformation.ts'
import { eventWith } from './event.fixture.ts'

conforms({ describe, it }, transformationConformance, {
  name: 'transform-currency',
  subject: () => ({
    transformation: currencyTransformation(
      currencyConfig.parse({ base: 'EUR', rates: { '2026-01-14': { USD: 1.0843 } }, assume: 'EUR', missing: 'fail' }),
    ),
    events: [
      eventWith({ currency: 'USD', revenue: 10, total: '12.50' }),
      eventWith({ price: 3 }),
      eventWith({ currency: 'CHF', value: 1 }),
    ],
  }),
})
