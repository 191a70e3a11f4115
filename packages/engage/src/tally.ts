import type { Clock, Delivery, Reason } from '@tenon/kernel/contracts'
import type { AttemptOutcome, StoredMessage } from '@tenon/store'
import { backOffMs, type RetryRules } from './back-off.ts'

/** Collects what became of claimed messages: every one ends in exactly one outcome. */
export interface Tally {
  readonly outcomes: readonly AttemptOutcome[]
  drop(message: StoredMessage, reason: Reason): void
  /** Tries again later, unless the attempts or the time are used up: then it is a dead letter. */
  putOff(message: StoredMessage, reason: Reason, askedMs?: number): void
  settle(message: StoredMessage, delivery: Delivery): void
}

export function createTally(options: { readonly clock: Clock; readonly random: () => number; readonly retry: RetryRules }): Tally {
  const { clock, random, retry } = options
  const outcomes: AttemptOutcome[] = []
  const drop = ({ id, attempts }: StoredMessage, reason: Reason): void => {
    outcomes.push({ id, attempt: attempts, state: 'dropped', reason })
  }
  const putOff = (message: StoredMessage, reason: Reason, askedMs = 0): void => {
    const { id, attempts, createdAt } = message
    const nextAttemptAt = new Date(clock.now().getTime() + backOffMs(retry, { attempt: attempts, askedMs, random }))
    const isTooOld = nextAttemptAt.getTime() - createdAt.getTime() > retry.maxAgeMs
    if (attempts < retry.attempts && !isTooOld) outcomes.push({ id, attempt: attempts, state: 'queued', nextAttemptAt, reason })
    else drop(message, { code: 'EXHAUSTED', detail: { ...reason.detail, attempts, last: reason.code } })
  }
  return {
    outcomes,
    drop,
    putOff,
    settle(message, delivery) {
      const { id, attempts } = message
      if (delivery.status === 'accepted') outcomes.push({ id, attempt: attempts, state: 'sent', reference: delivery.reference })
      else if (delivery.status === 'rejected') drop(message, { code: delivery.reason.toUpperCase(), detail: { detail: delivery.detail } })
      else putOff(message, { code: 'DEFERRED', detail: { detail: delivery.detail } }, delivery.retryAfterMs)
    },
  }
}
