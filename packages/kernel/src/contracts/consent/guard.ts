import type { Guard, GuardTools } from '../../plugin/guard.ts'
import { core } from '../core/core.ts'
import { covers, decisionProblem, isStricter, receiptProblem } from './check.ts'
import type { ConsentPolicy, Decision, Receipt } from './contract.ts'

/** Whatever goes wrong in a policy, the answer is no; a failed policy never stops the others from saying theirs. */
export const guardConsentPolicy: Guard<ConsentPolicy> = (provider, tools) => ({
  jurisdictions: provider.jurisdictions,
  purposes: provider.purposes,
  decide(request, context) {
    if (!provider.purposes.some(({ purpose }) => covers(purpose, request.purpose))) return refusal('UNKNOWN_PURPOSE', tools)
    const decision = attempt(tools, 'decide', () => provider.decide(request, context))
    if (decision === undefined) return refusal('POLICY_FAILED', tools)
    const problem = decisionProblem(provider, request, context.now, decision)
    if (problem === undefined) return decision
    report(tools, 'decide', tools.violation('decide', problem))
    return refusal('policy-invalid', tools)
  },
  stricter(left, right) {
    const chosen = attempt(tools, 'stricter', () => provider.stricter(left, right))
    if (chosen !== undefined && isStricter(chosen, left, right)) return chosen
    if (chosen !== undefined) report(tools, 'stricter', tools.violation('stricter', 'it chose the looser receipt'))
    return closed(left, right)
  },
  interpret(signal) {
    // Not through `callSync`: a signal that somebody made on purpose must not open the circuit and refuse everybody.
    try {
      const receipts = provider.interpret(signal)
      return Array.isArray(receipts) ? receipts.filter((receipt) => receiptProblem(receipt) === undefined) : []
    } catch (error) {
      report(tools, 'interpret', error)
      return []
    }
  },
})

/** A refusal binds before a grant, the later before the earlier. */
function closed(left: Receipt, right: Receipt): Receipt {
  if ((left.state === 'granted') !== (right.state === 'granted')) return left.state === 'granted' ? right : left
  return left.at >= right.at ? left : right
}

function attempt<T>(tools: GuardTools, operation: string, run: () => T): T | undefined {
  try {
    return tools.callSync({ operation, run })
  } catch (error) {
    report(tools, operation, error)
    return undefined
  }
}

const refusal = (code: string, { instance }: GuardTools): Decision => ({ granted: false, reason: { code, detail: { policy: instance } } })

function report(tools: GuardTools, operation: string, error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error
  tools.core(core.logger)?.error('a consent policy failed', { instance: tools.instance, operation, error: name })
}
