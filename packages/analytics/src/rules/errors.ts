import { defineError, type ErrorKind } from '@tenon/kernel'

export const RuleUnsupported = defineError({
  code: 'TENON_RULE_UNSUPPORTED',
  status: 422,
  title: 'A rule uses a part of the language that this engine does not evaluate yet.',
  help: 'The rule is well formed, but sequences and calendar days in the zone of the profile are not evaluated yet. The message names the place. Say the same with counts in windows where that is possible, for example with `within: { since: { event } }`.',
  message: (details: { readonly rule: string; readonly path: string; readonly reason: string }) =>
    `the rule '${details.rule}' can not be evaluated: ${details.path}: ${details.reason}`,
})

export const RuleSegmentCycle = defineError({
  code: 'TENON_RULE_SEGMENT_CYCLE',
  status: 422,
  title: 'Segments refer back to themselves.',
  help: 'A segment can not depend on its own members. The message names the way round; take one of the references out.',
  message: (details: { readonly segments: readonly string[] }) => `segments depend on themselves: ${details.segments.join(' → ')}`,
})

export const RuleConsentUnknown = defineError({
  code: 'TENON_RULE_CONSENT_UNKNOWN',
  title: 'A rule asks about a purpose, and nobody said who has agreed to it.',
  help: 'Whoever evaluates rules gives the population of every purpose that they ask about. This is a fault of the caller, not of the rule.',
  message: (details: { readonly purpose: string }) => `the population of the purpose '${details.purpose}' was not given`,
})

export const RuleZoneUnknown = defineError({
  code: 'TENON_RULE_ZONE_UNKNOWN',
  status: 422,
  title: 'The time zone of the workspace is not known.',
  help: 'Zones are named as in the IANA database: `UTC`, `Asia/Shanghai`, `Europe/Berlin`.',
  message: (details: { readonly zone: string }) => `'${details.zone}' is not the name of a time zone`,
})

/** Every kind of error that rules raise. */
export const ruleErrors: readonly ErrorKind<`TENON_${string}`, unknown>[] = [
  RuleUnsupported,
  RuleSegmentCycle,
  RuleConsentUnknown,
  RuleZoneUnknown,
]
