import { type AdmittedCall, admitCall, type CallSubject } from './call.ts'
import { withDeadline } from './deadline.ts'

/**
 * Walks a provider's stream with a time limit per step. A consumer may leave at any time; the provider's
 * iterator is closed then, and what it does after the end is ignored.
 */
export async function* guardedStream<T>(
  subject: CallSubject,
  request: {
    readonly operation: string
    readonly stepLimitMs: number
    readonly signal?: AbortSignal
    readonly run: (signal: AbortSignal) => AsyncIterable<T>
  },
): AsyncGenerator<T, void, undefined> {
  const { operation, stepLimitMs, signal, run } = request
  const call = admitCall(subject, operation)
  const controller = new AbortController()
  let iterator: AsyncIterator<T> | undefined
  let ended = false
  const fail: AdmittedCall['fail'] = (outcome, limitMs) => {
    ended = true
    return call.fail(outcome, limitMs)
  }
  try {
    while (true) {
      const step = await withDeadline({
        limitMs: stepLimitMs,
        signal,
        run: () => {
          iterator ??= run(controller.signal)[Symbol.asyncIterator]()
          return iterator.next()
        },
      })
      if (step.kind !== 'done') throw fail(step, stepLimitMs)
      if (step.value.done) return
      yield step.value.value
    }
  } finally {
    if (!ended) call.succeed()
    controller.abort()
    // After a failed step the iterator may still be busy, and closing it would wait for that.
    const close = withDeadline({ limitMs: stepLimitMs, run: () => iterator?.return?.() })
    if (!ended) await close
  }
}
