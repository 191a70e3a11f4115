import type { InstanceId } from '../plugin/lifecycle.ts'
import type { Breaker, Verdict } from './breaker.ts'
import type { CallOutcome } from './call-statistics.ts'
import type { Outcome } from './deadline.ts'
import { ContractViolation, PluginCallAborted, PluginCallFailed, PluginCallTimeout, PluginCircuitOpen, PluginNotRunning } from './errors.ts'
import type { Redactor } from './redactor.ts'
import { stopwatch } from './stopwatch.ts'

/** What stands behind every call of one instance. */
export interface CallSubject {
  readonly instance: InstanceId
  readonly breaker: Breaker
  readonly redactor: Redactor
  /** Why the instance takes no calls, or undefined while it does. */
  unavailable(): string | undefined
  onCall(call: { readonly operation: string; readonly ms: number; readonly outcome: CallOutcome }): void
}

/** One admitted call: it ends once, with a value or with an error that is counted. */
export interface AdmittedCall {
  succeed(): void
  /** Counts the failure and returns the coded error to throw. */
  fail(outcome: Exclude<Outcome<unknown>, { kind: 'done' }>, limitMs: number): Error
}

/** Asks the circuit breaker; throws the coded refusal. */
export function admitCall(subject: CallSubject, operation: string): AdmittedCall {
  const { instance, breaker } = subject
  const refuse = (error: Error): Error => {
    subject.onCall({ operation, ms: 0, outcome: 'refused' })
    return error
  }
  const reason = subject.unavailable()
  if (reason !== undefined) throw refuse(PluginNotRunning.create({ instance, operation, reason }))
  const admission = breaker.admit()
  if (!admission.admitted) throw refuse(PluginCircuitOpen.create({ instance, operation, retryAfterMs: admission.retryAfterMs }))

  const elapsed = stopwatch()
  const end = (verdict: Verdict, outcome: CallOutcome): void => {
    admission.report(verdict)
    subject.onCall({ operation, ms: elapsed(), outcome })
  }
  return {
    succeed: () => end('good', 'ok'),
    fail(outcome, limitMs) {
      if (outcome.kind === 'timeout') {
        end('bad', 'timeout')
        return PluginCallTimeout.create({ instance, operation, limitMs })
      }
      if (outcome.kind === 'aborted') {
        end('neutral', 'aborted')
        return PluginCallAborted.create({ instance, operation }, outcome.reason)
      }
      if (isOwnViolation(outcome.error, instance)) {
        // Counted when the guard made it.
        admission.report('blamed')
        return outcome.error
      }
      end('bad', 'failed')
      const { redactor } = subject
      return PluginCallFailed.create({ instance, operation, reason: redactor.reason(outcome.error) }, redactor.error(outcome.error))
    },
  }
}

/** A violation that a guard found inside the call passes as it is; one of another instance is a failure like any other. */
const isOwnViolation = (error: unknown, instance: InstanceId): error is Error =>
  ContractViolation.is(error) && error.details.instance === instance
