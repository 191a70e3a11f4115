export { type SegmentConfig, segmentConfig } from './config.ts'
export { sourceSegment } from './plugin.ts'
export { createSegmentSource } from './segment-source.ts'
