import { definePlugin } from '@tenon/kernel'
import { pushSource } from '@tenon/kernel/contracts'
import { segmentConfig } from './config.ts'
import { createSegmentSource } from './segment-source.ts'

/** Receives what Segment-compatible clients send: Segment, RudderStack, Jitsu, June and customer.io libraries, unchanged. */
export const sourceSegment = definePlugin({
  id: 'tenon.source-segment',
  version: '0.1.0',
  description: 'The Segment HTTP tracking API, for every client that speaks it.',
  config: segmentConfig,
  needs: {},
  provides: { source: pushSource },
  setup: ({ config }) => ({ provide: { source: createSegmentSource(config) } }),
})
