import type { AnyCapability, Shape } from '../plugin/capability.ts'
import type { GuardTools } from '../plugin/guard.ts'
import { admitCall, type CallSubject } from './call.ts'
import { withDeadline } from './deadline.ts'
import { ContractViolation } from './errors.ts'
import { guardedStream } from './guarded-stream.ts'

/** The tools of one instance. All of its guards share its circuit breaker. */
export function createGuardTools(subject: CallSubject, core: (capability: AnyCapability) => unknown): GuardTools {
  const { instance, breaker, redactor } = subject
  return Object.freeze({
    instance,
    async call<T>({
      operation,
      limitMs,
      signal,
      run,
    }: Parameters<GuardTools['call']>[0] & { run: (signal: AbortSignal) => T | Promise<T> }) {
      const call = admitCall(subject, operation)
      const outcome = await withDeadline({ limitMs, signal, run })
      if (outcome.kind !== 'done') throw call.fail(outcome, limitMs)
      call.succeed()
      return outcome.value
    },
    callSync<T>({ operation, run }: { readonly operation: string; readonly run: () => T }) {
      const call = admitCall(subject, operation)
      const outcome = attemptSync(run)
      if (outcome.kind === 'failed') throw call.fail(outcome, 0)
      call.succeed()
      return outcome.value
    },
    stream: (request) => guardedStream(subject, request),
    violation(operation, problem) {
      breaker.blame()
      subject.onCall({ operation, ms: 0, outcome: 'violation' })
      return ContractViolation.create({ instance, operation, problem: redactor.text(problem) })
    },
    core: <C extends AnyCapability>(capability: C): Shape<C> | undefined => core(capability) as Shape<C> | undefined,
  } satisfies GuardTools)
}

function attemptSync<T>(run: () => T): { readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly error: unknown } {
  try {
    return { kind: 'done', value: run() }
  } catch (error) {
    return { kind: 'failed', error }
  }
}
