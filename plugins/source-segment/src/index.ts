export { type SegmentConfig, segmentConfig } from './config.ts'
export { segmentSource } from './plugin.ts'
export { createSegmentSource } from './segment-source.ts'
