import type { Meter, MetricSpec } from '@tenon/kernel/contracts'
import type { Live } from './definitions/live.ts'
import type { Transition } from './evaluation/journal.ts'
import type { Step } from './evaluation/troubles.ts'

/** Who is evaluated: everybody, everybody for one definition, or some people. */
export type Scope = 'everybody' | 'definition' | 'people'
type Outcome = 'done' | 'failed'

const evaluationSeconds: MetricSpec<'scope' | 'outcome'> = Object.freeze({
  name: 'tenon_audience_evaluation_seconds',
  kind: 'histogram',
  help: 'Time of one evaluation, with the waiting for its turns: of everybody, of everybody for one definition, or of some people.',
  labels: ['scope', 'outcome'],
} as const)

const profiles: MetricSpec<'scope'> = Object.freeze({
  name: 'tenon_audience_profiles_total',
  kind: 'counter',
  help: 'Profiles that evaluations looked at.',
  labels: ['scope'],
} as const)

const transitionsTotal: MetricSpec<'direction'> = Object.freeze({
  name: 'tenon_audience_transitions_total',
  kind: 'counter',
  help: 'People who entered and left segments, as recorded by this process.',
  labels: ['direction'],
} as const)

const lagSeconds: MetricSpec<never> = Object.freeze({
  name: 'tenon_audience_lag_seconds',
  kind: 'histogram',
  help: 'From the receipt of the oldest event that an evaluation reacted to until its transitions were recorded; of evaluations with any.',
  labels: [],
} as const)

const failures: MetricSpec<'type' | 'step'> = Object.freeze({
  name: 'tenon_audience_failures_total',
  kind: 'counter',
  help: 'Tags and segments that could not be fitted or evaluated; they stayed as they were.',
  labels: ['type', 'step'],
} as const)

const fitSeconds: MetricSpec<'type' | 'outcome'> = Object.freeze({
  name: 'tenon_audience_fit_seconds',
  kind: 'histogram',
  help: 'Time in which the model of a tag or segment learned from everybody.',
  labels: ['type', 'outcome'],
} as const)

const restSeconds: MetricSpec<never> = Object.freeze({
  name: 'tenon_audience_rest_seconds_total',
  kind: 'counter',
  help: 'Time in which evaluations rested so that storing could go first.',
  labels: [],
} as const)

/** What this package measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([
  evaluationSeconds,
  profiles,
  transitionsTotal,
  lagSeconds,
  failures,
  fitSeconds,
  restSeconds,
])

export function measureEvaluation(
  meter: Meter,
  evaluation: { readonly scope: Scope; readonly outcome: Outcome; readonly begun: number },
): void {
  const { scope, outcome, begun } = evaluation
  meter.observe(evaluationSeconds, { scope, outcome }, secondsSince(begun))
}

export function countProfiles(meter: Meter, scope: Scope, count: number): void {
  meter.count(profiles, { scope }, count)
}

export function countTransitions(meter: Meter, transitions: readonly Transition[]): void {
  const sum = (of: (transition: Transition) => number): number => transitions.reduce((total, one) => total + of(one), 0)
  const [enter, exit] = [sum(({ entered }) => entered.length), sum(({ left }) => left.length)]
  if (enter > 0) meter.count(transitionsTotal, { direction: 'enter' }, enter)
  if (exit > 0) meter.count(transitionsTotal, { direction: 'exit' }, exit)
}

export function measureLag(meter: Meter, between: { readonly received: Date; readonly recorded: Date }): void {
  meter.observe(lagSeconds, {}, Math.max(0, between.recorded.getTime() - between.received.getTime()) / 1_000)
}

export function countFailure(meter: Meter, type: Live['type'], step: Step): void {
  meter.count(failures, { type, step })
}

export function measureFit(meter: Meter, fit: { readonly type: Live['type']; readonly outcome: Outcome; readonly begun: number }): void {
  const { type, outcome, begun } = fit
  meter.observe(fitSeconds, { type, outcome }, secondsSince(begun))
}

export function countRest(meter: Meter, milliseconds: number): void {
  meter.count(restSeconds, {}, milliseconds / 1_000)
}

const secondsSince = (begun: number): number => (performance.now() - begun) / 1_000
