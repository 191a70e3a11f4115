import type { PlanBreach, PlanBreaches } from '@tenon/analytics'
import { type Properties, parseJson } from '@tenon/kernel/contracts'
import type { Ruling } from '@tenon/store'
import type { LoggedEvent } from '../accept/logged-event.ts'

/** What a tracking plan finds in an event that does not keep to it (`createTrackingPlans` of @tenon/plans). */
export interface PlanFinding {
  readonly plan: string
  readonly planVersion: number
  readonly eventVersion: number
  readonly mode: 'allow' | 'flag' | 'quarantine'
  readonly violations: readonly { readonly rule: string; readonly field: string; readonly message: string }[]
  /** All rules that it breaks, each once. */
  readonly breaches: readonly PlanBreach[]
}

/** What is kept beside an event for the report of violations. */
export const breachesOf = (event: LoggedEvent, { plan, planVersion, eventVersion, breaches }: PlanFinding): PlanBreaches => ({
  ...{ plan, planVersion, eventVersion, type: event.type, breaches },
})

/** What ingest asks about tracking plans, once a batch. */
export interface IngestPlans {
  /** Undefined where a workspace has no plan: then nothing is asked about its events. */
  of(workspace: string): Promise<((source: string) => ((event: LoggedEvent) => PlanFinding | undefined) | undefined) | undefined>
}

/** How many events were checked, by what was found. */
export type PlanTally = Readonly<Record<'fits' | PlanFinding['mode'], number>>

export const NOT_CHECKED: PlanTally = Object.freeze({ fits: 0, allow: 0, flag: 0, quarantine: 0 })

export function tallyOf(checked: number, findings: readonly PlanFinding[]): PlanTally {
  const of = (mode: PlanFinding['mode']): number => findings.filter((finding) => finding.mode === mode).length
  return { fits: checked - findings.length, allow: of('allow'), flag: of('flag'), quarantine: of('quarantine') }
}

const MOST_WORDS = 300

/** Why an event is kept back until its plan or the event is corrected. */
export function rulingOf(event: LoggedEvent, finding: PlanFinding): Ruling {
  const { plan, planVersion, violations } = finding
  const [first] = violations
  const words = violations.map(({ field, message }) => (field === '' ? message : `${field} ${message}`)).join('; ')
  const code = first?.rule.startsWith('unplanned-') ? first.rule.replace('-', '_').toUpperCase() : 'PLAN_VIOLATION'
  const reason = `${plan}@${planVersion}: ${words}`.slice(0, MOST_WORDS).toWellFormed()
  return { stage: 'plan', code, reason, keep: 'payload', details: breachesOf(event, finding) }
}

/** What a plan found in an event that it holds back: also after a crash, as it was found. */
export const heldBreaches = ({ stage, details }: Ruling): PlanBreaches | undefined =>
  stage === 'plan' && details !== undefined ? (details as PlanBreaches) : undefined

/** The event with what was found in `context.protocols`, beside what its sender said there. */
export function noted(event: LoggedEvent, { plan, planVersion, violations }: PlanFinding): LoggedEvent {
  const context = parseJson<Properties>(event.texts.context)
  const { protocols } = context
  const own = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols) ? protocols : {}
  const note = {
    ...own,
    tracking_plan: plan,
    tracking_plan_version: planVersion,
    violations: violations.map(({ rule, field, message }) => ({ type: rule, field, description: message })),
  }
  return { ...event, texts: { ...event.texts, context: JSON.stringify({ ...context, protocols: note }) } }
}
