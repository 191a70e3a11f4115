import type { Guard } from '../../plugin/guard.ts'
import { isPermitted } from '../check/permit.ts'
import { outcomeProblem } from './check.ts'
import type { BenefitKind, BenefitOutcome } from './contract.ts'

/** Nothing is given to a person without a valid permit; what a command would change is checked before it is booked. */
export const guardBenefitKind: Guard<BenefitKind> = (provider, tools) => ({
  kind: provider.kind,
  terms: provider.terms,
  states: provider.states,
  live: provider.live,
  ending: provider.ending,
  apply(request, context) {
    const { workspace, purpose, now } = context
    const mayReceive = (): boolean =>
      request.permit?.profile === request.profile && isPermitted(tools, request.permit, { workspace, purpose, action: 'decide', now })
    if (request.command.kind === 'issue' && !mayReceive()) return WITHOUT_CONSENT
    const drawn = new Set<string>()
    const draw: typeof request.draw = (count, shape) => {
      const codes = request.draw(count, shape)
      for (const code of codes) drawn.add(code)
      return codes
    }
    const outcome = tools.callSync({ operation: 'apply', run: () => provider.apply({ ...request, draw }, context) })
    const problem = outcomeProblem(provider.states, request, drawn, outcome)
    if (problem !== undefined) throw tools.violation('apply', problem)
    return outcome
  },
})

const WITHOUT_CONSENT: BenefitOutcome = Object.freeze({
  ok: false,
  reason: Object.freeze({ code: 'NO_CONSENT', detail: Object.freeze({}) }),
})
