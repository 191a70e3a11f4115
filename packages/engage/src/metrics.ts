import type { Meter, MetricSpec, Reason } from '@tenon/kernel/contracts'
import type { AttemptOutcome } from '@tenon/store'

const callSeconds: MetricSpec<'instance' | 'outcome'> = Object.freeze({
  name: 'tenon_channel_call_seconds',
  kind: 'histogram',
  help: 'Time of one call of a channel, of as many messages as it takes at once.',
  labels: ['instance', 'outcome'],
} as const)

const outcomesTotal: MetricSpec<'instance' | 'outcome' | 'reason'> = Object.freeze({
  name: 'tenon_message_outcomes_total',
  kind: 'counter',
  help: 'What became of messages that this process took in hand: sent, put off until later, or dropped, with the reason.',
  labels: ['instance', 'outcome', 'reason'],
} as const)

/** What this package measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([callSeconds, outcomesTotal])

export function measureCall(
  meter: Meter,
  { instance, outcome, begun }: { readonly instance: string; readonly outcome: 'done' | 'failed'; readonly begun: number },
): void {
  meter.observe(callSeconds, { instance, outcome }, (performance.now() - begun) / 1_000)
}

export function countOutcomes(meter: Meter, instance: string, outcomes: readonly AttemptOutcome[]): void {
  for (const outcome of outcomes) {
    if (outcome.state === 'sent') meter.count(outcomesTotal, { instance, outcome: 'sent', reason: '' })
    else if (outcome.state === 'queued') meter.count(outcomesTotal, { instance, outcome: 'put-off', reason: outcome.reason.code })
    else countDrop(meter, instance, outcome.reason)
  }
}

export function countDrop(meter: Meter, instance: string, { code }: Reason): void {
  meter.count(outcomesTotal, { instance, outcome: 'dropped', reason: code })
}
