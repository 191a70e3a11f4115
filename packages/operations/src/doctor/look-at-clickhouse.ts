import type { Analytics, AnalyticsVitals } from '@tenon/analytics'
import type { Clock } from '@tenon/kernel/contracts'
import { clockSkew } from './clock-skew.ts'
import { ageOf, type Finding, grade } from './finding.ts'
import { pendingMigrations } from './pending-migrations.ts'
import { bytes, seconds } from './units.ts'

const part = 'clickhouse'

/** Parts, rewrites, copies, disks, slow queries, migrations, and how fast events fail. `slowS`: from when on a query is slow. */
export async function lookAtClickHouse({
  analytics,
  clock,
  slowS = 30,
}: {
  readonly analytics: Analytics
  readonly clock: Clock
  readonly slowS?: number
}): Promise<readonly Finding[]> {
  const pending = await analytics.pending()
  const asked = clock.now()
  const vitals = await analytics.vitals({ slowS })
  return [
    { part, what: 'version', severity: 'ok', found: vitals.version },
    pendingMigrations(part, pending),
    clockSkew(part, vitals.now, asked, clock),
    ...tables(vitals, clock),
    ...disks(vitals),
    ...vitals.slow.map(
      ({ id, since, statement }): Finding => ({
        ...{ part, what: `query ${id}`, severity: grade(ageOf(since, clock), { warning: 0, critical: 600 }), since },
        found: `${seconds(ageOf(since, clock))}: ${statement}`,
        advice: `\`KILL QUERY WHERE query_id = '${id}'\` ends it; a query that is slow every time wants more memory, or a rule that asks for less`,
      }),
    ),
    failing(vitals),
  ]
}

function tables({ parts, mutations, replicas, frozen }: AnalyticsVitals, clock: Clock): readonly Finding[] {
  const [most] = parts
  return [
    {
      ...{ part, what: 'parts of a partition', severity: grade(most?.parts ?? 0, { warning: 300, critical: 1_000 }) },
      found: most === undefined ? 'none' : `${most.parts} in ${most.table}`,
      ...((most?.parts ?? 0) < 300 ? {} : { advice: 'merges do not keep up: look at disk and CPU; the engine refuses inserts at 3,000' }),
    },
    ...mutations.flatMap(({ table, since, failing: fails, engineCode }): readonly Finding[] =>
      !fails && ageOf(since, clock) < 600
        ? []
        : [
            {
              ...{ part, what: `rewrite of ${table}`, severity: fails ? 'critical' : 'warning', since },
              found: `${fails ? `fails${engineCode === '' ? '' : ` with code ${engineCode}`}` : 'is not through'} since ${seconds(ageOf(since, clock))}`,
              advice: 'system.mutations has the reason; KILL MUTATION ends it, and it is asked for again',
            },
          ],
    ),
    ...replicas.flatMap(({ table, readOnly, queue, delayS }): readonly Finding[] => {
      const severity = readOnly ? 'critical' : grade(Math.max(delayS / 60, queue / 100), { warning: 1, critical: 15 })
      return severity === 'ok'
        ? []
        : [
            {
              ...{ part, what: `copy of ${table}`, severity },
              found: readOnly ? 'can not be written' : `${seconds(delayS)} behind, ${queue} tasks wait`,
              advice:
                'look at the coordinator (Keeper) and the network between the nodes; system.replication_queue has the last fault of each task',
            },
          ]
    }),
    // A backup takes hours at the most.
    ...frozen.flatMap(({ table, since }): readonly Finding[] =>
      ageOf(since, clock) < 86_400
        ? []
        : [
            {
              ...{ part, what: table, severity: 'warning', since, found: 'was frozen for a backup and not let go' },
              advice: `the next backup removes it; \`DROP TABLE ${table}\` now, if none is being made: it keeps disk that merges would free`,
            },
          ],
    ),
  ]
}

const disks = ({ disks: all }: AnalyticsVitals): readonly Finding[] =>
  all.map(({ name, freeBytes, totalBytes }): Finding => {
    const share = totalBytes === 0 ? 1 : freeBytes / totalBytes
    return {
      ...{ part, what: `disk ${name}`, severity: grade(1 - share, { warning: 0.85, critical: 0.95 }) },
      found: `${bytes(freeBytes)} of ${bytes(totalBytes)} free`,
      ...(share > 0.15 ? {} : { advice: 'make room: the engine stops merging, then inserting' }),
    }
  })

/** Few of them are few, whatever there was before. */
const WORTH_SAYING = 100

function failing({ failed: { lastHour, dayBefore, since } }: AnalyticsVitals): Finding {
  const usual = dayBefore / 24
  const rise = lastHour < WORTH_SAYING ? 0 : lastHour / Math.max(1, usual)
  const severity = grade(rise, { warning: 3, critical: 30 })
  return {
    ...{ part: 'ingest', what: 'failed events of an hour', severity, found: `${lastHour}, ${usual.toFixed(1)} an hour on the day before` },
    ...(severity === 'ok'
      ? {}
      : { since, advice: 'GET /v1/failed-events/counts says of which kind; most often a client was changed. Repair and replay them' }),
  }
}
