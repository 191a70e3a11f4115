import { definePlugin } from '@tenon/kernel'
import { type Segmenter, segmenter } from '@tenon/kernel/contracts'
import { z } from 'zod'

const definition = z.strictObject({
  /** The event that shows that somebody is still there. */
  event: z.string().min(1).default('Order Completed'),
  days: z.number().int().positive().max(3_650),
})

/** People who once came and have stayed away for so many days. The station compiles the rule and tells who enters and leaves. */
export const dormantSegmenter: Segmenter = {
  kind: 'dormant',
  definition,
  presets: [{ key: 'dormant', label: { en: 'Dormant for 90 days', zh: '沉睡90天' }, definition: { days: 90 } }],
  plan({ key, label, definition: given }) {
    const { event, days } = definition.parse(given)
    const ever = { event, measure: 'count', gte: 1 } as const
    const lately = { event, measure: 'count', eq: 0, within: { last: `${days}d` } } as const
    return { how: 'rule', segment: { key, label }, rule: { and: [ever, lately] } }
  },
}

export const dormantSegments = definePlugin({
  id: 'acme.segmenter-dormant',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { segmenter },
  setup: () => ({ provide: { segmenter: dormantSegmenter } }),
})
