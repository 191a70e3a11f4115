import type { Analytics } from '@tenon/analytics'
import type { Clock } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { type Finding, grade } from './finding.ts'
import { bytes, seconds } from './units.ts'

/** Connections, transactions, locks, dead rows, migrations, jobs, queues. */
export async function lookAtPostgres({ store, clock }: { readonly store: Store; readonly clock: Clock }): Promise<readonly Finding[]> {
  const part = 'postgres'
  const pending = await store.pending()
  const migrations: Finding = {
    ...{ part, what: 'migrations', severity: pending.length === 0 ? 'ok' : 'warning' },
    found: pending.length === 0 ? 'up to date' : `${pending.length} pending`,
    ...(pending.length === 0 ? {} : { advice: 'run `tenon migrate`, or start the server' }),
  }
  if (pending.length > 0) return [migrations]
  const { version, now, connections, longestTransactionS, waiting, bloated, abandonedJobs, queues } = await store.vitals()
  const used = connections.used / connections.max
  return [
    { part, what: 'version', severity: 'ok', found: version },
    migrations,
    skew(part, now, clock),
    {
      ...{ part, what: 'connections', severity: grade(used, { warning: 0.8, critical: 0.95 }) },
      found: `${connections.used} of ${connections.max}`,
      ...(used < 0.8 ? {} : { advice: 'raise max_connections, or find who keeps them' }),
    },
    {
      ...{ part, what: 'longest transaction', severity: grade(longestTransactionS, { warning: 60, critical: 900 }) },
      found: seconds(longestTransactionS),
      ...(longestTransactionS < 60
        ? {}
        : { advice: 'look for it in pg_stat_activity by xact_start; it keeps dead rows and may hold locks' }),
    },
    {
      ...{ part, what: 'waiting for locks', severity: grade(waiting.longestS, { warning: 5, critical: 60 }) },
      found: waiting.statements === 0 ? 'nobody' : `${waiting.statements} statements, the first for ${seconds(waiting.longestS)}`,
      ...(waiting.longestS < 5 ? {} : { advice: 'pg_blocking_pids(pid) of pg_stat_activity names who holds them' }),
    },
    ...bloated.map(
      ({ table, live, dead }): Finding => ({
        ...{ part, what: `dead rows of ${table}`, severity: 'warning', found: `${dead} beside ${live}` },
        advice: 'autovacuum does not keep up: look for long transactions, then `vacuum` the table',
      }),
    ),
    ...abandonedJobs.map(
      ({ job, overdueS }): Finding => ({
        ...{ part, what: `job ${job}`, severity: 'note', found: `its holder went away ${seconds(overdueS)} ago` },
        advice: 'the next run takes it over',
      }),
    ),
    ...queues.map(
      ({ channel, messages, oldestS }): Finding => ({
        ...{ part: 'engage', what: `messages by ${channel}`, severity: grade(oldestS, { warning: 300, critical: 3_600 }) },
        found: `${messages} due, the first for ${seconds(oldestS)}`,
        ...(oldestS < 300 ? {} : { advice: 'look at the health of the channel: `tenon inspect`, GET /v1/plugins' }),
      }),
    ),
  ]
}

/** Parts, rewrites, disks, long queries, migrations. */
export async function lookAtClickHouse({
  analytics,
  clock,
}: {
  readonly analytics: Analytics
  readonly clock: Clock
}): Promise<readonly Finding[]> {
  const part = 'clickhouse'
  const pending = await analytics.pending()
  const { version, now, parts, mutations, disks, longestQueryS } = await analytics.vitals()
  const [most] = parts
  const stuck = mutations.filter(({ failing, ageS }) => failing || ageS > 600)
  return [
    { part, what: 'version', severity: 'ok', found: version },
    {
      ...{ part, what: 'migrations', severity: pending.length === 0 ? 'ok' : 'warning' },
      found: pending.length === 0 ? 'up to date' : `${pending.length} pending`,
      ...(pending.length === 0 ? {} : { advice: 'run `tenon migrate`, or start the server' }),
    },
    skew(part, now, clock),
    {
      ...{ part, what: 'parts of a partition', severity: grade(most?.parts ?? 0, { warning: 300, critical: 1_000 }) },
      found: most === undefined ? 'none' : `${most.parts} in ${most.table}`,
      ...((most?.parts ?? 0) < 300 ? {} : { advice: 'merges do not keep up: look at disk and CPU; the engine refuses inserts at 3,000' }),
    },
    ...stuck.map(
      ({ table, ageS, failing }): Finding => ({
        ...{ part, what: `rewrite of ${table}`, severity: failing ? 'critical' : 'warning' },
        found: `${failing ? 'fails' : 'is not through'} since ${seconds(ageS)}`,
        advice: 'system.mutations has the reason; KILL MUTATION ends it, and it is asked for again',
      }),
    ),
    ...disks.map(({ name, freeBytes, totalBytes }): Finding => {
      const share = totalBytes === 0 ? 1 : freeBytes / totalBytes
      return {
        ...{ part, what: `disk ${name}`, severity: grade(1 - share, { warning: 0.85, critical: 0.95 }) },
        found: `${bytes(freeBytes)} of ${bytes(totalBytes)} free`,
        ...(share > 0.15 ? {} : { advice: 'make room: the engine stops merging, then inserting' }),
      }
    }),
    {
      ...{ part, what: 'longest query', severity: grade(longestQueryS, { warning: 60, critical: 600 }) },
      found: seconds(longestQueryS),
      ...(longestQueryS < 60 ? {} : { advice: 'system.processes names it' }),
    },
  ]
}

function skew(part: string, now: Date, clock: Clock): Finding {
  const ms = Math.abs(now.getTime() - clock.now().getTime())
  const severity = grade(ms, { warning: 2_000, critical: 60_000 })
  const advice = { advice: 'synchronise the clocks of the machines: windows and leases are told by them' }
  return { part, what: 'clock', severity, found: `${Math.round(ms)} ms away from ours`, ...(severity === 'ok' ? {} : advice) }
}
