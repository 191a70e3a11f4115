import type { Sighting } from '@tenon/analytics'
import type { Identifier, Json, ProfileId, Properties } from '@tenon/kernel/contracts'
import type { MergeRecord, Unmerges } from '@tenon/store'
import { evidenceOf } from './blocked-pairs.ts'
import { keyOf } from './canonical.ts'

export interface EventReference {
  readonly source: string
  readonly messageId: string
  readonly at: Date
}

/** Why a merge can not be taken back. */
export type Irrevocable = 'ALREADY_UNDONE' | 'WINDOW_OVER'

export interface ExplainedMerge {
  readonly id: number
  readonly recordedAt: Date
  readonly rule: string
  /** The event that was the cause. */
  readonly event: EventReference & { readonly type?: string; readonly name?: string; readonly identifiers: readonly Identifier[] }
  /** Where no event was the cause: who joined the two, and why. */
  readonly decision?: {
    readonly by: string
    readonly reason?: string
    /** What the matcher thought of the two. */
    readonly match?: {
      readonly id: number
      readonly matcher: string
      readonly probability: number
      readonly weight: number
      readonly because: readonly Properties[]
    }
  }
  /** The profile that became a part of the other, as it was at that moment. */
  readonly joined: readonly Identifier[]
  /** What the other profile itself holds of what it came with. */
  readonly into: readonly Identifier[]
  readonly undo: { readonly possible: boolean; readonly until: Date; readonly reason?: Irrevocable }
  /** When it was taken back. */
  readonly undoneAt?: Date
}

export interface Explanation {
  readonly identifiers: readonly (Identifier & {
    readonly since: Date
    /** The event that brought it, where that is still stored. */
    readonly event?: EventReference
  })[]
  /** The newest first. */
  readonly merges: readonly ExplainedMerge[]
}

/** How the person came about, in words that people outside know: identifiers and events, never numbers of profiles. */
export function explain(request: {
  readonly homes: Awaited<ReturnType<Unmerges['homes']>>
  readonly history: readonly MergeRecord[]
  readonly sightings: readonly Sighting[]
  readonly windowMs: number
  readonly now: Date
}): Explanation {
  const { homes, history, sightings } = request
  const first = new Map<string, EventReference>()
  for (const { identifiers, first: event } of sightings)
    for (const identifier of identifiers) if (!first.has(keyOf(identifier))) first.set(keyOf(identifier), event)
  const byHome = Map.groupBy(homes, ({ home }) => home)
  return Object.freeze({
    identifiers: homes.map(({ type, value, since }) => {
      const event = first.get(keyOf({ type, value }))
      const known = event !== undefined && event.at.getTime() === since.getTime()
      return { type, value, since, ...(known ? { event } : {}) }
    }),
    merges: history.map((merge) => explained(merge, byHome, request)),
  })
}

function explained(
  merge: MergeRecord,
  byHome: ReadonlyMap<ProfileId, readonly Identifier[]>,
  { windowMs, now }: { readonly windowMs: number; readonly now: Date },
): ExplainedMerge {
  const { type, name } = merge.evidence
  const reason = irrevocable(merge, { windowMs, now })
  return Object.freeze({
    id: merge.id,
    recordedAt: merge.recordedAt,
    rule: merge.rule,
    event: {
      source: merge.source,
      messageId: merge.messageId,
      at: merge.at,
      ...(typeof type === 'string' ? { type } : {}),
      ...(typeof name === 'string' ? { name } : {}),
      identifiers: evidenceOf(merge.evidence),
    },
    ...decisionOf(merge.evidence),
    joined: merge.identifiers.map(plain),
    into: (byHome.get(merge.winner) ?? []).map(plain),
    undo: { possible: reason === undefined, until: new Date(merge.recordedAt.getTime() + windowMs), ...(reason && { reason }) },
    ...(merge.undone && { undoneAt: merge.undone.at }),
  })
}

/** As `evidenceOf` of a match and of an operator wrote it. */
function decisionOf({ by, reason, match, matcher, probability, weight, because }: Properties): Pick<ExplainedMerge, 'decision'> {
  if (typeof by !== 'string') return {}
  const isMatch = typeof match === 'number' && typeof matcher === 'string' && typeof probability === 'number' && typeof weight === 'number'
  return {
    decision: {
      by,
      ...(typeof reason === 'string' ? { reason } : {}),
      ...(isMatch
        ? { match: { id: match, matcher, probability, weight, because: Array.isArray(because) ? because.filter(isObject) : [] } }
        : {}),
    },
  }
}

const isObject = (value: Json): value is Properties => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Undefined where the merge can be taken back now. */
export function irrevocable(
  { undone, squashed, recordedAt }: MergeRecord,
  { windowMs, now }: { readonly windowMs: number; readonly now: Date },
): Irrevocable | undefined {
  if (undone !== undefined) return 'ALREADY_UNDONE'
  return squashed || recordedAt.getTime() + windowMs <= now.getTime() ? 'WINDOW_OVER' : undefined
}

const plain = ({ type, value }: Identifier): Identifier => ({ type, value })
