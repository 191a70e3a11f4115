import { randomUUID } from 'node:crypto'
import type { ProfileId } from '@tenon/kernel/contracts'
import type { EvaluationScope } from './scope.ts'

/** Who came into a segment and who left it, at the instant of the evaluation. */
export interface Transition {
  readonly workspace: string
  readonly segment: string
  readonly at: Date
  readonly entered: readonly ProfileId[]
  readonly left: readonly ProfileId[]
}

/**
 * Compares members with those last told and records the difference. The log of transitions is itself the record of what was
 * told, so a crash between two evaluations neither loses a transition nor tells one twice.
 */
export async function recordMembers(
  scope: EvaluationScope,
  segment: string,
  members: readonly ProfileId[],
): Promise<Transition | undefined> {
  const told = new Set(await scope.analytics.transitions.told(segment, scope.profiles))
  const now = new Set(members)
  const entered = [...now].filter((profile) => !told.has(profile))
  const left = [...told].filter((profile) => !now.has(profile))
  if (entered.length === 0 && left.length === 0) return undefined
  await scope.analytics.transitions.record({ segment, enter: entered, exit: left, at: scope.asOf, evaluation: randomUUID() })
  return { workspace: scope.workspace, segment, at: scope.asOf, entered, left }
}
