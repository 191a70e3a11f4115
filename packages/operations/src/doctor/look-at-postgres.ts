import type { Clock } from '@tenon/kernel/contracts'
import type { SeenStatement, Store, StoreVitals } from '@tenon/store'
import { clockSkew } from './clock-skew.ts'
import { ageOf, type Finding, grade } from './finding.ts'
import { pendingMigrations } from './pending-migrations.ts'
import { seconds } from './units.ts'

const part = 'postgres'

/** Connections, transactions, statements, locks, dead rows, migrations, jobs. `slowS`: from when on a statement is slow. */
export async function lookAtPostgres({
  store,
  clock,
  slowS = 30,
}: {
  readonly store: Store
  readonly clock: Clock
  readonly slowS?: number
}): Promise<readonly Finding[]> {
  const pending = await store.pending()
  const migrations = pendingMigrations(part, pending)
  if (pending.length > 0) return [migrations]
  const asked = clock.now()
  const vitals = await store.vitals({ slowS })
  return [
    { part, what: 'version', severity: 'ok', found: vitals.version },
    migrations,
    clockSkew(part, vitals.now, asked, clock),
    ...server(vitals),
    ...statements(vitals, clock),
    ...tables(vitals),
  ]
}

function server({ connections, longestTransactionS, abandonedJobs }: StoreVitals): readonly Finding[] {
  const used = connections.used / connections.max
  return [
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
    ...abandonedJobs.map(
      ({ job, overdueS }): Finding => ({
        ...{ part, what: `job ${job}`, severity: 'note', found: `its holder went away ${seconds(overdueS)} ago` },
        advice: 'the next run takes it over',
      }),
    ),
  ]
}

function statements({ slow, blocked, idle, heavy, waiting }: StoreVitals, clock: Clock): readonly Finding[] {
  const [first] = blocked
  const holders = first?.by.map(({ pid, application, state }) => `process ${pid} (${application || 'without a name'}, ${state})`) ?? []
  return [
    {
      ...{ part, what: 'waiting for locks', severity: grade(waiting.longestS, { warning: 5, critical: 60 }) },
      found:
        waiting.statements === 0
          ? 'nobody'
          : `${waiting.statements} statements, the first for ${seconds(waiting.longestS)}${holders.length === 0 ? '' : `; held by ${holders.join(', ')}`}`,
      ...(first === undefined ? {} : { since: first.since }),
      ...(waiting.longestS < 5
        ? {}
        : {
            advice:
              'pg_blocking_pids(pid) of pg_stat_activity names who holds them; pg_terminate_backend(pid) ends one that is left behind',
          }),
    },
    ...slow.map(
      (one): Finding => ({
        ...{ part, what: `statement of process ${one.pid}`, severity: grade(ageOf(one.since, clock), { warning: 0, critical: 600 }) },
        ...told(one, clock),
        advice: `look at its plan; \`select pg_cancel_backend(${one.pid})\` ends it`,
      }),
    ),
    ...idle.map(
      (one): Finding => ({
        ...{
          part,
          what: `idle transaction of process ${one.pid}`,
          severity: grade(ageOf(one.since, clock), { warning: 0, critical: 900 }),
        },
        ...told(one, clock),
        advice: `it keeps locks and dead rows: let its owner end it, or \`select pg_terminate_backend(${one.pid})\``,
      }),
    ),
    ...heavy.flatMap(({ statement, calls, meanMs, share }): readonly Finding[] =>
      meanMs < 1_000 || calls < 10
        ? []
        : [
            {
              ...{ part, what: 'slow every time', severity: 'warning' },
              found: `${(meanMs / 1_000).toFixed(1)} s in ${calls} calls, ${Math.round(share * 100)} % of all: ${statement}`,
              advice: 'look at its plan: most often statistics are old (`analyze`), or memory and disk are too small for what it reads',
            },
          ],
    ),
  ]
}

const told = ({ application, since, statement }: SeenStatement, clock: Clock): Pick<Finding, 'found' | 'since'> => ({
  found: `${seconds(ageOf(since, clock))}, ${application || 'without a name'}: ${statement}`,
  since,
})

const tables = ({ bloated }: StoreVitals): readonly Finding[] =>
  bloated.map(
    ({ table, live, dead, cleanedAt }): Finding => ({
      ...{ part, what: `dead rows of ${table}`, severity: dead > 10 * live ? 'critical' : 'warning', found: `${dead} beside ${live}` },
      ...(cleanedAt === null ? {} : { since: cleanedAt }),
      advice: 'autovacuum does not keep up: look for long transactions, then `vacuum` the table',
    }),
  )
