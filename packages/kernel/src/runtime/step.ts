import type { InstanceId, Step } from '../plugin/lifecycle.ts'
import { withDeadline } from './deadline.ts'
import { PluginStepFailed, PluginStepTimeout } from './errors.ts'
import type { Redactor } from './redactor.ts'
import { stopwatch } from './stopwatch.ts'

/** A step of an instance that did not end well. */
export interface Fault {
  readonly kind: 'timeout' | 'failed'
  readonly instance: InstanceId
  readonly plugin: string
  readonly step: Step
  readonly limitMs: number
  readonly reason: string
  readonly cause?: unknown
}

export type StepResult<T> = { readonly ms: number } & ({ readonly value: T; readonly fault?: undefined } | { readonly fault: Fault })

/** Runs one step under its time limit. Never throws. */
export async function runStep<T>(request: {
  readonly instance: InstanceId
  readonly plugin: string
  readonly step: Step
  readonly limitMs: number
  readonly redactor: Redactor
  readonly run: (signal: AbortSignal) => T | Promise<T>
}): Promise<StepResult<T>> {
  const { instance, plugin, step, limitMs, redactor, run } = request
  const elapsed = stopwatch()
  const outcome = await withDeadline({ limitMs, run })
  const ms = elapsed()
  if (outcome.kind === 'done') return { ms, value: outcome.value }
  const about = { instance, plugin, step, limitMs }
  if (outcome.kind !== 'failed') return { ms, fault: { ...about, kind: 'timeout', reason: `not finished in ${limitMs} ms` } }
  return { ms, fault: { ...about, kind: 'failed', reason: redactor.reason(outcome.error), cause: redactor.error(outcome.error) } }
}

export const formatFault = ({ instance, step, reason }: Fault): string => `'${instance}' in '${step}': ${reason}`

/** The error to throw for a fault; what went wrong afterwards is told with it, not instead of it. */
export function faultError(fault: Fault, afterwards: readonly Fault[] = []): Error {
  const { kind, cause, instance, plugin, step, limitMs, reason } = fault
  const details = { instance, plugin, step, limitMs, reason, whileReleasing: afterwards.map(formatFault) }
  return kind === 'timeout' ? PluginStepTimeout.create(details) : PluginStepFailed.create(details, cause)
}
