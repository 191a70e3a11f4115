import { type Properties, parseRule, type Rule } from '@tenon/kernel/contracts'

/** The rule of a benefit that says who may have it; undefined for everybody, and for one that can not be read any more. */
export function eligibilityOf({ eligibility }: Properties): Rule | undefined {
  const parsed = eligibility === undefined ? undefined : parseRule(eligibility)
  return parsed?.ok === true ? parsed.rule : undefined
}

/** Where a part of that rule stands in the definition. */
export const eligibilityPath = (path: string): string => (path === '' ? 'eligibility' : `eligibility.${path}`)
