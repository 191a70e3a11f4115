import type { Properties } from '@tenon/kernel/contracts'

/** A call of the Segment Spec as a client sends it. Plain JSON. */
export interface SegmentMessage {
  readonly type: 'track' | 'identify' | 'page'
  readonly messageId: string
  readonly anonymousId: string
  readonly userId?: string
  /** Of a track call. */
  readonly event?: string
  /** Of a page call. */
  readonly name?: string
  /** ISO 8601, UTC. */
  readonly timestamp: string
  readonly properties?: Properties
  readonly traits?: Properties
  readonly context: Properties
}
