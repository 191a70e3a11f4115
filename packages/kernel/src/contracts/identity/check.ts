import { isText } from '../check/values.ts'
import type { Identifier, ProfileId } from '../nouns/identifier.ts'
import type { IdentityPlan, IdentityPolicy } from './contract.ts'

type Request = Parameters<IdentityPolicy['plan']>[0]

/** What is wrong with a plan, or undefined: it speaks of asked identifiers and known owners only, and loses none of them. */
export function identityPlanProblem(request: Request, plan: IdentityPlan): string | undefined {
  if (typeof plan !== 'object' || plan === null) return 'the plan is not an object'
  if (!Array.isArray(plan.dropped)) return 'dropped is not a list'
  const targets = targetsOf(plan)
  if (targets === undefined) return 'the plan is none of create, attach, merge, anonymous'
  for (const target of targets)
    if (!request.owners.some(({ profile }) => profile === target)) return 'it names a profile that owns none of the identifiers'
  return shapeProblem(plan, targets) ?? identifiersProblem(request, plan, targets)
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

/** By going through the lists: an event has few identifiers, and this runs for everybody who is not settled. */
function identifiersProblem({ identifiers, owners }: Request, plan: IdentityPlan, targets: readonly ProfileId[]): string | undefined {
  const attach = plan.kind === 'anonymous' ? [] : plan.attach
  const used = plan.dropped.length === 0 ? attach : [...attach, ...plan.dropped]
  for (const [place, one] of used.entries()) {
    if (placeOf(one, identifiers) < 0) return 'it speaks of an identifier that nobody asked for'
    if (placeOf(one, used) < place) return 'it speaks of an identifier twice'
  }
  let missing = identifiers.filter((one) => placeOf(one, used) < 0)
  for (const { profile, identifiers: held } of owners) {
    if (targets.includes(profile)) {
      const found = heldOf(missing, held)
      if (found.length > 0) missing = missing.filter((one) => placeOf(one, found) < 0)
    } else if (heldOf(attach, held).length > 0) return 'it takes an identifier away from another profile'
  }
  return missing.length === 0 ? undefined : 'it loses an identifier: neither attached, nor held, nor dropped'
}

/** What of a short list somebody holds: one walk over the other, which may be long. */
function heldOf(few: readonly Identifier[], held: readonly Identifier[]): readonly Identifier[] {
  if (few.length === 0 || held.length === 0) return []
  const values = new Set(few.map(({ value }) => value))
  return held.filter((one) => values.has(one.value) && placeOf(one, few) >= 0)
}

/** Of the first that is the same, or -1. */
function placeOf({ type, value }: Identifier, list: readonly Identifier[]): number {
  for (let place = 0; place < list.length; place++) if (list[place]?.value === value && list[place]?.type === type) return place
  return -1
}
