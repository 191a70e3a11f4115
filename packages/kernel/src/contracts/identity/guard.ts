import type { Guard, GuardTools } from '../../plugin/guard.ts'
import { isText } from '../check/values.ts'
import { identityPlanProblem } from './check.ts'
import type { IdentifierType, IdentityPolicy } from './contract.ts'

/** A plan that speaks of strangers, merges a profile into itself or loses an identifier never reaches the ledger. */
export const guardIdentityPolicy: Guard<IdentityPolicy> = (provider, tools) => ({
  types: provider.types.map((type) => guardType(type, tools)),
  plan(request, context) {
    const plan = tools.callSync({ operation: 'plan', run: () => provider.plan(request, context) })
    const problem = identityPlanProblem(request, plan)
    if (problem !== undefined) throw tools.violation('plan', problem)
    return plan
  },
})

/**
 * Runs for every identifier of every event, so it is not traced. What a normaliser can not read identifies nobody:
 * a value that somebody sent on purpose must not open the circuit of the whole policy.
 */
function guardType(type: IdentifierType, { violation }: GuardTools): IdentifierType {
  return {
    type: type.type,
    label: type.label,
    personal: type.personal,
    normalise(value) {
      const canonical = attempt(() => type.normalise(value))
      if (canonical === undefined || isText(canonical)) return canonical
      throw violation('normalise', `the canonical form of type '${type.type}' is not a text`)
    },
  }
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}
