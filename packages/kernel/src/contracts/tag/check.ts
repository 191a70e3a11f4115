import { areReasons, hasType, isDuration, isKeyUnder, isProfileId, isText } from '../check/values.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { ValueType } from '../nouns/value.ts'
import { measureType } from '../rule/value-type.ts'
import type { TagDescription, TagModelValue, TagPlan } from './contract.ts'

const TYPES: readonly ValueType[] = ['boolean', 'number', 'string', 'list', 'date']

/** What is wrong with a plan for the definition under `key`, or undefined. */
export function tagPlanProblem(key: string, plan: TagPlan, can: { readonly fit: boolean; readonly value: boolean }): string | undefined {
  if (typeof plan !== 'object' || plan === null) return 'the plan is not an object'
  switch (plan.how) {
    case 'measure':
      return tagProblem(key, plan.tag) ?? measureProblem(plan)
    case 'cases':
      return tagProblem(key, plan.tag) ?? casesProblem(plan)
    case 'model':
      if (!can.value) return 'a model tag needs value()'
      if (plan.fits && !can.fit) return 'a plan that fits needs fit()'
      if (!isDuration(plan.every)) return 'every is not a duration'
      return tagsProblem(key, plan.tags)
    default:
      return 'the plan is none of measure, cases, model'
  }
}

function tagsProblem(key: string, tags: readonly TagDescription[]): string | undefined {
  if (!Array.isArray(tags) || tags.length === 0) return 'it makes no tag'
  if (new Set(tags.map((tag) => tag?.key)).size !== tags.length) return 'two tags share a key'
  return tags.map((tag) => tagProblem(key, tag)).find((problem) => problem !== undefined)
}

function tagProblem(key: string, tag: TagDescription): string | undefined {
  if (!isKeyUnder(tag?.key, key)) return `the key of a tag starts with '${key}' and is dotted lower case`
  if (!isText(tag.label?.en)) return `'${tag.key}' has no label`
  return TYPES.includes(tag.type) ? undefined : `'${tag.key}' has no known type`
}

function measureProblem({ tag, measure }: Extract<TagPlan, { how: 'measure' }>): string | undefined {
  if (typeof measure !== 'object' || measure === null) return 'there is no measure'
  const type = measureType(measure)
  return type === undefined || type === tag.type ? undefined : `'${tag.key}' declares ${tag.type}, and its measure gives ${type}`
}

function casesProblem({ tag, cases }: Extract<TagPlan, { how: 'cases' }>): string | undefined {
  if (!Array.isArray(cases) || cases.length === 0) return 'there are no cases'
  const index = cases.findIndex((entry) => !isValueOf(tag, entry?.value))
  return index < 0 ? undefined : `case ${index} has a value that '${tag.key}' does not declare`
}

function isValueOf(tag: TagDescription, value: unknown): boolean {
  if (!hasType(value, tag.type)) return false
  if (tag.values === undefined) return true
  const declared = new Set<unknown>(tag.values.map((entry) => entry.value))
  return Array.isArray(value) ? value.every((entry) => declared.has(entry)) : declared.has(value)
}

/** The tags of a plan, by key. */
export function tagsOf(plan: TagPlan): ReadonlyMap<string, TagDescription> {
  const tags = plan.how === 'model' ? plan.tags : [plan.tag]
  return new Map(tags.map((tag) => [tag.key, tag]))
}

/** What is wrong with one value of a page, or undefined. `asked` is absent where everybody was asked for. */
export function tagValueProblem(
  tags: ReadonlyMap<string, TagDescription>,
  asked: ReadonlySet<ProfileId> | undefined,
  value: TagModelValue,
): string | undefined {
  if (!isProfileId(value?.profile)) return 'the profile is not one'
  if (asked !== undefined && !asked.has(value.profile)) return 'nobody asked for the profile'
  const tag = tags.get(value.tag)
  if (tag === undefined) return `'${value.tag}' is not a tag of the plan`
  if (!isValueOf(tag, value.value)) return `the value is none that '${tag.key}' declares`
  return areReasons(value.reasons) ? undefined : 'the reasons are not a list of reasons'
}
