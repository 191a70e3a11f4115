import type { InstanceId } from '@tenon/kernel'
import type { Label, Properties, Segmenter, SegmentPlan, Tagger, TagPlan } from '@tenon/kernel/contracts'

interface LiveDefinition {
  readonly key: string
  readonly kind: string
  readonly label: Label
  readonly definition: Properties
  /** 0 for a preset that the workspace has not changed. */
  readonly version: number
  readonly instance: InstanceId
}

export interface LiveTag extends LiveDefinition {
  readonly type: 'tag'
  readonly plugin: Tagger
  readonly plan: TagPlan
}

export interface LiveSegment extends LiveDefinition {
  readonly type: 'segment'
  readonly plugin: Segmenter
  readonly plan: SegmentPlan
}

/** A definition in use, with the plugin that understands it and what that plugin made of it. */
export type Live = LiveTag | LiveSegment

/** The tags or segments that a definition makes. */
export function outputsOf(live: Live): readonly string[] {
  if (live.type === 'tag') return live.plan.how === 'model' ? live.plan.tags.map(({ key }) => key) : [live.plan.tag.key]
  return live.plan.how === 'model' ? live.plan.segments.map(({ key }) => key) : [live.plan.segment.key]
}

/** The key of the stored definition behind the name of a tag or segment: `rfm.tier` comes from `rfm`. */
export const isOutputOf = (live: Live, name: string): boolean => outputsOf(live).includes(name)
