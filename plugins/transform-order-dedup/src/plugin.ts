import { definePlugin } from '@tenon/kernel'
import { transformation } from '@tenon/kernel/contracts'
import { orderDedupConfig } from './config.ts'
import { orderDedup } from './order-dedup.ts'

/** An order that several systems report counts once. */
export const transformOrderDedup = definePlugin({
  id: 'tenon.transform-order-dedup',
  version: '0.1.0',
  description: 'Of the reports of one order by several systems, the first is stored.',
  config: orderDedupConfig,
  needs: {},
  provides: { transformation },
  setup: ({ config }) => ({ provide: { transformation: orderDedup(config) } }),
})
