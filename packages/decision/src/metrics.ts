import type { InstanceId } from '@tenon/kernel'
import type { BenefitCommand, Meter, MetricSpec } from '@tenon/kernel/contracts'
import type { BenefitAnswer } from './benefits/benefits.ts'

const recommendationSeconds: MetricSpec<'scene' | 'outcome'> = Object.freeze({
  name: 'tenon_recommendation_seconds',
  kind: 'histogram',
  help: 'Time of one answer by what is in it: full (as many as asked for), short, empty; failed where there was none.',
  labels: ['scene', 'outcome'],
} as const)

const candidatesTotal: MetricSpec<'instance' | 'role'> = Object.freeze({
  name: 'tenon_recommendation_candidates_total',
  kind: 'counter',
  help: 'Items that recommenders brought, before rules took some away, by whether they were a source or a fallback of the scene.',
  labels: ['instance', 'role'],
} as const)

const fallbacks: MetricSpec<'scene' | 'instance'> = Object.freeze({
  name: 'tenon_recommendation_fallbacks_total',
  kind: 'counter',
  help: 'Answers that were too short without a fallback, by which one was asked.',
  labels: ['scene', 'instance'],
} as const)

const trainingSeconds: MetricSpec<'instance' | 'outcome'> = Object.freeze({
  name: 'tenon_recommendation_training_seconds',
  kind: 'histogram',
  help: 'Time in which a recommender learned from everybody.',
  labels: ['instance', 'outcome'],
} as const)

const benefitCommands: MetricSpec<'command' | 'outcome' | 'reason'> = Object.freeze({
  name: 'tenon_benefit_commands_total',
  kind: 'counter',
  help: 'What was asked of benefits: done, refused with the code of the reason, or replayed under an idempotency key.',
  labels: ['command', 'outcome', 'reason'],
} as const)

/** What this package measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([
  recommendationSeconds,
  candidatesTotal,
  fallbacks,
  trainingSeconds,
  benefitCommands,
])

export function measureAnswer(
  meter: Meter,
  {
    scene,
    begun,
    wanted,
    given,
  }: { readonly scene: string; readonly begun: number; readonly wanted: number; readonly given: number | undefined },
): void {
  const outcome = given === undefined ? 'failed' : given === 0 ? 'empty' : given < wanted ? 'short' : 'full'
  meter.observe(recommendationSeconds, { scene, outcome }, secondsSince(begun))
}

export function countCandidates(
  meter: Meter,
  { instance, role }: { instance: InstanceId; role: 'source' | 'fallback' },
  count: number,
): void {
  if (count > 0) meter.count(candidatesTotal, { instance, role }, count)
}

export function countFallback(meter: Meter, scene: string, instance: InstanceId): void {
  meter.count(fallbacks, { scene, instance })
}

export function measureTraining(
  meter: Meter,
  { instance, outcome, begun }: { readonly instance: InstanceId; readonly outcome: 'done' | 'failed'; readonly begun: number },
): void {
  meter.observe(trainingSeconds, { instance, outcome }, secondsSince(begun))
}

/** Nothing is counted of a benefit that is not there: undefined. */
export function countCommand(meter: Meter, command: BenefitCommand['kind'], answer: BenefitAnswer | undefined): void {
  if (answer === undefined) return
  if (answer.replayed) meter.count(benefitCommands, { command, outcome: 'replayed', reason: '' })
  else if (answer.ok) meter.count(benefitCommands, { command, outcome: 'done', reason: '' })
  else meter.count(benefitCommands, { command, outcome: 'refused', reason: codeOf(answer.reason.code) })
}

/** Codes are chosen by kinds: what does not look like one is none. */
const codeOf = (code: string): string => (/^[A-Z][A-Z0-9_]{0,39}$/.test(code) ? code : 'OTHER')

const secondsSince = (begun: number): number => (performance.now() - begun) / 1_000
