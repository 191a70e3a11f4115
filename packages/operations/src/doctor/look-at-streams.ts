import type { Ingest, WaitingStream } from '@tenon/ingest'
import type { Clock } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { ageOf, type Finding, grade } from './finding.ts'
import { seconds } from './units.ts'

const part = 'streams'
const BEHIND_S = 30

/** How far the streams of a fleet are behind, and whether somebody stores each. Nothing where the log is a local one. */
export async function lookAtStreams({
  ingest,
  store,
  clock,
}: {
  readonly ingest: Pick<Ingest, 'waitingStreams'>
  readonly store: Pick<Store, 'work'>
  readonly clock: Clock
}): Promise<readonly Finding[]> {
  const streams = await ingest.waitingStreams()
  if (streams.length === 0) return []
  const { unheldStreams } = await store.work()
  return streams.flatMap((stream) => {
    const ageS = stream.since === undefined ? 0 : ageOf(stream.since, clock)
    // A stream that is handed over is nobody's for a moment.
    return [lag(stream, ageS), ...(unheldStreams.includes(stream.stream) && ageS > BEHIND_S ? [unheld(stream)] : [])]
  })
}

function lag({ name, messages, since }: WaitingStream, ageS: number): Finding {
  const severity = grade(ageS, { warning: BEHIND_S, critical: 300 })
  return {
    ...{ part, what: name, severity },
    found: messages === 0 ? 'nothing waits' : `${messages} messages wait${since === undefined ? '' : `, the first for ${seconds(ageS)}`}`,
    ...(since === undefined ? {} : { since }),
    ...(severity === 'ok'
      ? {}
      : { advice: 'nothing is stored, or too slowly: the lines on postgres and clickhouse say which; more processes share more streams' }),
  }
}

const unheld = ({ name, messages, since }: WaitingStream): Finding => ({
  ...{ part, what: `worker of ${name}`, severity: 'critical', found: `nobody stores it, ${messages} messages wait` },
  ...(since === undefined ? {} : { since }),
  advice: 'start a process without `TENON_ROLE=api`; one that was killed is replaced within seconds',
})
