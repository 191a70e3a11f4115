import { isText } from '../check/values.ts'
import type { Identifier, ProfileId } from '../nouns/identifier.ts'
import type { IdentityPlan, IdentityPolicy, Owner } from './contract.ts'

type Request = Parameters<IdentityPolicy['plan']>[0]

/** What is wrong with a plan, or undefined: it speaks of asked identifiers and known owners only, and loses none of them. */
export function identityPlanProblem(request: Request, plan: IdentityPlan): string | undefined {
  if (typeof plan !== 'object' || plan === null) return 'the plan is not an object'
  if (!Array.isArray(plan.dropped)) return 'dropped is not a list'
  const targets = targetsOf(plan)
  if (targets === undefined) return 'the plan is none of create, attach, merge, anonymous'
  const owners = new Map(request.owners.map((owner) => [owner.profile, owner]))
  if (targets.some((profile) => !owners.has(profile))) return 'it names a profile that owns none of the identifiers'
  return shapeProblem(plan, targets) ?? identifiersProblem(request, plan, new Set(targets), owners)
}

function targetsOf(plan: IdentityPlan): readonly ProfileId[] | undefined {
  switch (plan.kind) {
    case 'create':
    case 'anonymous':
      return []
    case 'attach':
      return [plan.to]
    case 'merge':
      return Array.isArray(plan.from) ? [plan.into, ...plan.from] : undefined
    default:
      return undefined
  }
}

function shapeProblem(plan: IdentityPlan, targets: readonly ProfileId[]): string | undefined {
  if (plan.kind !== 'anonymous' && !Array.isArray(plan.attach)) return 'attach is not a list'
  if (plan.kind === 'create' && plan.attach.length === 0) return 'a new profile without an identifier can never be found again'
  if (plan.kind === 'merge' && plan.from.length === 0) return 'a merge joins nobody'
  if (new Set(targets).size !== targets.length) return 'a merge names a profile twice'
  const named = plan.kind === 'merge' || plan.kind === 'anonymous' ? [plan, ...plan.dropped] : plan.dropped
  return named.every(({ rule }) => isText(rule)) ? undefined : 'it does not name the rule'
}

function identifiersProblem(
  { identifiers, owners }: Request,
  plan: IdentityPlan,
  targets: ReadonlySet<ProfileId>,
  known: ReadonlyMap<ProfileId, Owner>,
): string | undefined {
  const attach = plan.kind === 'anonymous' ? [] : plan.attach
  const used = [...attach, ...plan.dropped].map(keyOf)
  const asked = new Set(identifiers.map(keyOf))
  if (used.some((key) => !asked.has(key))) return 'it speaks of an identifier that nobody asked for'
  if (new Set(used).size !== used.length) return 'it speaks of an identifier twice'

  const elsewhere = new Set(owners.filter(({ profile }) => !targets.has(profile)).flatMap((owner) => owner.identifiers.map(keyOf)))
  if (attach.some((identifier) => elsewhere.has(keyOf(identifier)))) return 'it takes an identifier away from another profile'

  const held = [...targets].flatMap((profile) => known.get(profile)?.identifiers.map(keyOf) ?? [])
  const accounted = new Set([...used, ...held])
  return [...asked].every((key) => accounted.has(key)) ? undefined : 'it loses an identifier: neither attached, nor held, nor dropped'
}

const keyOf = ({ type, value }: Identifier): string => `${type}\0${value}`
