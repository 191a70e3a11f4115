import { definePlugin } from '@tenon/kernel'
import { transformation } from '@tenon/kernel/contracts'
import { currencyConfig } from './config.ts'
import { currencyTransformation } from './currency-transformation.ts'

/** Amounts of all currencies in one. */
export const transformCurrency = definePlugin({
  id: 'tenon.transform-currency',
  version: '0.1.0',
  description: 'Amounts in one base currency, by a table of rates, beside the original ones.',
  config: currencyConfig,
  needs: {},
  provides: { transformation },
  setup: ({ config }) => ({ provide: { transformation: currencyTransformation(config) } }),
})
