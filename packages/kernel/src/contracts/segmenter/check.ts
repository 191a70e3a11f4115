import { areReasons, isDuration, isKeyUnder, isProfileId, isText } from '../check/values.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { Assignment, SegmentDescription, SegmentPlan } from './contract.ts'

/** What is wrong with a plan for the definition under `key`, or undefined. */
export function segmentPlanProblem(
  key: string,
  plan: SegmentPlan,
  can: { readonly fit: boolean; readonly assign: boolean },
): string | undefined {
  if (typeof plan !== 'object' || plan === null) return 'the plan is not an object'
  switch (plan.how) {
    case 'rule':
      return segmentProblem(key, plan.segment) ?? (typeof plan.rule === 'object' && plan.rule !== null ? undefined : 'there is no rule')
    case 'model':
      if (!can.assign) return 'a model segment needs assign()'
      if (plan.fits && !can.fit) return 'a plan that fits needs fit()'
      if (!isDuration(plan.every)) return 'every is not a duration'
      if (typeof plan.exclusive !== 'boolean') return 'exclusive is neither true nor false'
      return segmentsProblem(key, plan.segments)
    default:
      return 'the plan is none of rule, model'
  }
}

function segmentsProblem(key: string, segments: readonly SegmentDescription[]): string | undefined {
  if (!Array.isArray(segments) || segments.length === 0) return 'it makes no segment'
  if (new Set(segments.map((segment) => segment?.key)).size !== segments.length) return 'two segments share a key'
  return segments.map((segment) => segmentProblem(key, segment)).find((problem) => problem !== undefined)
}

function segmentProblem(key: string, segment: SegmentDescription): string | undefined {
  if (!isKeyUnder(segment?.key, key)) return `the key of a segment starts with '${key}' and is dotted lower case`
  return isText(segment.label?.en) ? undefined : `'${segment.key}' has no label`
}

/** What is wrong with one assignment, or undefined. `asked` is absent where everybody was asked for. */
export function assignmentProblem(
  segments: ReadonlySet<string>,
  asked: ReadonlySet<ProfileId> | undefined,
  assignment: Assignment,
): string | undefined {
  if (!isProfileId(assignment?.profile)) return 'the profile is not one'
  if (asked !== undefined && !asked.has(assignment.profile)) return 'nobody asked for the profile'
  if (!segments.has(assignment.segment)) return `'${assignment.segment}' is not a segment of the plan`
  if (!(assignment.score >= 0 && assignment.score <= 1)) return 'the score is not between 0 and 1'
  return areReasons(assignment.reasons) ? undefined : 'the reasons are not a list of reasons'
}
