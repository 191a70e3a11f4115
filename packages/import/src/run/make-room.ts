import { setTimeout as delay } from 'node:timers/promises'
import type { Acceptance, Ingest } from '@tenon/ingest'

/** What waits in the log while an import goes on: live events wait behind no more than this. */
const BACKLOG_EVENTS = 20_000
const BACKLOG_SHARE = 0.25
const PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000

/** Puts rows into the log, and lets live traffic go first: it waits while the log has much to store, or is full. */
export async function acceptWhenQuiet(
  ingest: Pick<Ingest, 'accept' | 'stats'>,
  acceptance: Acceptance,
  signal: AbortSignal,
): Promise<{ readonly accepted: number; readonly refused: number }> {
  for (;;) {
    while (isBusy(ingest.stats())) await delay(PAUSE_MS, undefined, { signal })
    signal.throwIfAborted()
    const outcome = await ingest.accept(acceptance)
    if (outcome.kind === 'durable') return outcome
    await delay(Math.min(LONGEST_PAUSE_MS, outcome.retryAfterSeconds * 1_000), undefined, { signal })
  }
}

const isBusy = ({ inLog, logBytes, logBudgetBytes }: ReturnType<Ingest['stats']>): boolean =>
  inLog > BACKLOG_EVENTS || logBytes > logBudgetBytes * BACKLOG_SHARE
