import type { Analytics } from '@tenon/analytics'
import { errorCode } from '@tenon/kernel'
import type { Clock, Rule } from '@tenon/kernel/contracts'
import { purposesOf } from './dependencies.ts'
import type { Live } from './live.ts'
import type { DefinitionProblem } from './problem.ts'

/** Evaluates a definition for nobody, so that what the engine does not take is refused now and not with the first evaluation. */
export async function rehearse(analytics: Analytics, clock: Clock, workspace: string, live: Live): Promise<readonly DefinitionProblem[]> {
  const nobody = { default: false, exceptions: [] }
  const scope = { asOf: clock.now(), profiles: [1], knownOnly: true, population: nobody }
  const reads = analytics.in(workspace)
  const { plan } = live
  try {
    if (plan.how === 'measure') for await (const _ of reads.measures({ measures: { [plan.tag.key]: plan.measure }, ...scope }));
    const rules = rulesOf(live).map((rule, index) => ({ key: `${live.key} ${index}`, rule }))
    const consents = new Map(purposesOf(live).map((purpose) => [purpose, nobody]))
    if (rules.length > 0) await reads.evaluateRules({ rules, consents, ...scope })
    return []
  } catch (error) {
    if (!(error instanceof Error) || !isRefusal(errorCode(error))) throw error
    return [{ path: 'definition', message: error.message }]
  }
}

function rulesOf({ plan }: Live): readonly Rule[] {
  if (plan.how === 'rule') return [plan.rule]
  return plan.how === 'cases' ? plan.cases.map(({ when }) => when) : []
}

/** The engine answers, and does not take what it was asked. */
export const isRefusal = (code: string | undefined): boolean =>
  code !== undefined && (code.startsWith('TENON_RULE_') || code === 'TENON_ANALYTICS_LIMIT' || code === 'TENON_ANALYTICS_FAILED')
