import type { Ingest } from '@tenon/ingest'
import type { Clock } from '@tenon/kernel/contracts'
import { ageOf, type Finding, grade } from './finding.ts'
import { bytes, seconds } from './units.ts'

/** How much waits in the log, for how long, and whether events fail. */
export async function lookAtIngest({
  ingest,
  clock,
}: {
  readonly ingest: Pick<Ingest, 'measure' | 'health' | 'oldestWaiting' | 'sharedLogs'>
  readonly clock: Clock
}): Promise<readonly Finding[]> {
  const { inLog, received, failed, logBytes, logBudgetBytes, position, end, isKnown } = await ingest.measure()
  const oldest = await ingest.oldestWaiting()
  const ageS = oldest === undefined ? 0 : ageOf(oldest, clock)
  // Positions of a local log are bytes, and some that is stored still lies on disk; of shared logs they are messages.
  const waiting = ingest.sharedLogs().length === 0 && isKnown ? end - position : logBytes
  const fill = logBudgetBytes === 0 ? 0 : waiting / logBudgetBytes
  const health = ingest.health()
  const share = received === 0 ? 0 : failed / received
  return [
    {
      ...{ part: 'log', what: 'room', severity: grade(fill, { warning: 0.5, critical: 0.8 }) },
      found: `${bytes(logBytes)} of ${bytes(logBudgetBytes)}, ${isKnown ? `${inLog} events wait` : 'what waits is not counted yet'}`,
      ...(fill < 0.5 || oldest === undefined ? {} : { since: oldest }),
      ...(fill < 0.5 ? {} : { advice: 'events are accepted until it is full, then 429: bring the stores back, or give them more' }),
    },
    {
      ...{ part: 'log', what: 'oldest waiting event', severity: grade(ageS, { warning: 30, critical: 300 }) },
      found: oldest === undefined ? 'none' : `since ${seconds(ageS)}`,
      ...(oldest === undefined ? {} : { since: oldest }),
      ...(ageS < 30 ? {} : { advice: 'nothing is stored, or too slowly: the lines on postgres and clickhouse say which' }),
    },
    {
      ...{ part: 'ingest', what: 'health', severity: health.status === 'ok' ? 'ok' : health.status === 'down' ? 'critical' : 'warning' },
      found: health.status === 'ok' ? 'ok' : health.reason,
      ...(health.status === 'ok' ? {} : { advice: 'the code has a page in the documentation' }),
    },
    {
      ...{ part: 'ingest', what: 'failed events', severity: received < 100 ? 'ok' : grade(share, { warning: 0.05, critical: 0.5 }) },
      found: `${failed} of ${received}`,
      ...(share < 0.05 || received < 100 ? {} : { advice: 'GET /v1/failed-events says why; most often a client sends something else' }),
    },
  ]
}
