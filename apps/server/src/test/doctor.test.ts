import { chmod } from 'node:fs/promises'
import { createClient } from '@clickhouse/client'
import { runCli } from '@tenon/cli'
import { retail } from '@tenon/edition-retail'
import type { Finding } from '@tenon/operations'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { doctorCommand } from '../operations/doctor-command.ts'
import { serverHost } from '../server-host.ts'
import { startServerAt, type TestPlace, type TestServer, testPlace } from './running.fixture.ts'

let place: TestPlace
let server: TestServer
let postgres: pg.Client

beforeAll(async () => {
  place = await testPlace()
  server = await startServerAt(place)
  postgres = new pg.Client({ connectionString: place.env.TENON_DATABASE_URL })
  await postgres.connect()
})
afterAll(async () => {
  await postgres.end()
  await server.close()
  await place.close()
})

interface Diagnosis {
  readonly code: number
  readonly running: boolean
  readonly worst: string
  readonly findings: readonly Finding[]
}

async function doctor(
  env: Readonly<Record<string, string>> = place.env,
  args: readonly string[] = ['--json'],
): Promise<{ code: number; text: string }> {
  const out: string[] = []
  const code = await runCli(
    ['doctor', ...args],
    { doctor: doctorCommand },
    {
      env,
      cwd: place.dataDir,
      defaultEdition: 'retail',
      findEdition: async () => retail,
      loadHost: async () => serverHost(place.dataDir),
      out: (text) => void out.push(text),
      err: (text) => void out.push(text),
    },
  )
  return { code, text: out.join('') }
}
const diagnosis = async (env?: Readonly<Record<string, string>>): Promise<Diagnosis> => {
  const { code, text } = await doctor(env)
  return { code, ...(JSON.parse(text) as Omit<Diagnosis, 'code'>) }
}
const about = ({ findings }: Diagnosis, what: string) => findings.find((finding) => finding.what === what)

/** Looks until it is found. */
async function found(what: string, severity: Finding['severity']): Promise<Diagnosis> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const told = await diagnosis()
    if (about(told, what)?.severity === severity) return told
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return diagnosis()
}

describe('the doctor of a server that runs', () => {
  it('finds a healthy one well, part by part', async () => {
    const told = await diagnosis()
    // Nobody listens for mails here, and it says so.
    expect(told.findings.filter(({ severity }) => severity === 'critical')).toMatchObject([{ part: 'plugins', what: 'email' }])
    expect(told.running).toBe(true)
    expect(new Set(told.findings.map(({ part }) => part))).toEqual(
      new Set(['folder', 'postgres', 'clickhouse', 'backup', 'log', 'ingest', 'plugins', 'audience']),
    )
    for (const { severity, advice } of told.findings) if (severity === 'warning') expect(advice).toBeTruthy()
  })

  it('finds a folder that is open to others, and a job whose holder is gone', async () => {
    await chmod(place.dataDir, 0o777)
    await postgres.query(`insert into tenon.leases values ('left.behind', gen_random_uuid(), now() - interval '10 minutes')`)
    const told = await diagnosis()
    expect(about(told, 'rights')).toMatchObject({
      severity: 'warning',
      found: 'others may write',
      advice: expect.stringContaining('chmod'),
    })
    expect(about(told, 'job left.behind')).toMatchObject({ severity: 'note', found: expect.stringContaining('10 min') })
    expect(told.code).toBeGreaterThanOrEqual(1)
    const { text } = await doctor(place.env, [])
    expect(text).toMatch(/▲ folder +rights +others may write\n +→ give the folder/)
    await chmod(place.dataDir, 0o700)
    await postgres.query('delete from tenon.leases')
  })

  it('finds a lock that somebody holds', { timeout: 60_000 }, async () => {
    await postgres.query('begin; lock table tenon.items')
    const waiting = server.call('PUT', '/v1/items', { items: [{ id: 'a', title: 'A', categories: [], available: true }] })
    const told = await found('waiting for locks', 'warning')
    expect(about(told, 'waiting for locks')).toMatchObject({ severity: 'warning', advice: expect.stringContaining('pg_blocking_pids') })
    await postgres.query('rollback')
    expect((await waiting).status).toBeLessThan(300)
  })

  it('finds events that are not stored', { timeout: 60_000 }, async () => {
    const clickhouse = createClient({ url: place.env.TENON_CLICKHOUSE_URL ?? '' })
    await clickhouse.command({ query: 'RENAME TABLE events TO events_gone' })
    await server.track('/v1/track', { userId: 'u', event: 'Waits' })
    const ingest = async () => (await diagnosis()).findings.find(({ part, what }) => part === 'ingest' && what === 'health')
    for (let attempt = 0; attempt < 60 && (await ingest())?.severity !== 'warning'; attempt++)
      await new Promise((resolve) => setTimeout(resolve, 250))
    expect(await ingest()).toMatchObject({ severity: 'warning', found: expect.stringContaining('TENON_ANALYTICS_FAILED') })
    expect(about(await diagnosis(), 'oldest waiting event')?.found).toMatch(/since/)
    await clickhouse.command({ query: 'RENAME TABLE events_gone TO events' })
    await clickhouse.close()
  })
})

describe('what stands still', () => {
  const insist = (sql: string, values: readonly unknown[] = []) => postgres.query(sql, [...values])
  const part = (told: Diagnosis, name: string) => told.findings.filter((finding) => finding.part === name)

  it('is a replay, an import and a queue of matches, since when, and what to do', { timeout: 60_000 }, async () => {
    const id = '0190a0a0-0000-7000-8000-000000000001'
    await insist(
      `insert into tenon.replays (workspace, id, filter, state, found, requested_by, created_at, updated_at)
       values ('gone', $1, '{}', 'running', 5, 'an', now() - interval '2 days', now() - interval '2 hours')`,
      [id],
    )
    await insist(
      `insert into tenon.imports (workspace, id, key, state, source, mapping, max_failures, created_at, updated_at)
       values ('gone', $1, 'k', 'running', '{}', '{}', 0, now() - interval '3 days', now() - interval '3 days')`,
      [id],
    )
    await insist(
      `insert into tenon.match_proposals (workspace, matcher, lower, upper, probability, weight, evidence, fingerprint, state, proposed_at, seen_at)
       select 'gone', 'm', number, number + 10000, 0.9, 5, '[]', '', 'open', now() - interval '40 days', now() from generate_series(1, 1200) number`,
    )
    const told = await diagnosis()
    const [replay, stuck, queue] = ['replays', 'imports', 'identity'].map((name) => part(told, name)[0])
    expect(replay).toMatchObject({ what: `replay ${id} of gone`, severity: 'warning', found: 'has not come further for 2 h' })
    expect(stuck).toMatchObject({
      severity: 'critical',
      found: 'has not come further for 3 days',
      advice: expect.stringContaining('goes on'),
    })
    expect(queue).toMatchObject({ what: 'matches to review of gone', severity: 'warning', found: '1200 open' })
    for (const finding of [replay, stuck, queue]) expect(Number.isNaN(Date.parse(String(finding?.since)))).toBe(false)
    expect((await doctor(place.env, [])).text).toMatch(/replay .* 2 h \(since 20\d\d-/)
    for (const table of ['replays', 'imports', 'match_proposals']) await insist(`delete from tenon.${table} where workspace = 'gone'`)
  })

  it('is a backup that is too old', { timeout: 60_000 }, async () => {
    const last = async () => about(await diagnosis(), 'last backup')
    expect(await last()).toMatchObject({ severity: 'note', found: 'none was made', advice: expect.stringContaining('tenon backup') })
    await insist(`insert into tenon.backups values (gen_random_uuid(), now() - interval '10 days', now(), 1, 1)`)
    expect(await last()).toMatchObject({ severity: 'warning', found: '10 days old' })
    await insist(`insert into tenon.backups values (gen_random_uuid(), now() - interval '1 hour', now(), 1, 1)`)
    expect(await last()).toMatchObject({ severity: 'ok' })
  })

  it('is shown with the process that keeps the lock', { timeout: 60_000 }, async () => {
    const holder = new pg.Client({ connectionString: place.env.TENON_DATABASE_URL, application_name: 'somebody' })
    await holder.connect()
    await holder.query('begin; lock table tenon.items')
    const [{ pid }] = (await holder.query<{ pid: number }>('select pg_backend_pid() as pid')).rows as [{ pid: number }]
    const waiting = postgres.query('select count(*) from tenon.items')
    const told = await found('waiting for locks', 'warning')
    expect(about(told, 'waiting for locks')).toMatchObject({
      found: expect.stringContaining(`held by process ${pid} (somebody, idle in transaction)`),
      since: expect.any(String),
    })
    await holder.end()
    await waiting
  })

  it('is a stream of failed events, more than there ever were', { timeout: 60_000 }, async () => {
    const batch = Array.from({ length: 150 }, (_, index) => ({ type: 'track', event: '', userId: 'u', messageId: `rising-${index}` }))
    await server.track('/v1/batch', { batch })
    await server.settle()
    expect(about(await diagnosis(), 'failed events of an hour')).toMatchObject({
      severity: 'critical',
      found: '150, 0.0 an hour on the day before',
      since: expect.any(String),
      advice: expect.stringContaining('/v1/failed-events'),
    })
  })
})

describe('the doctor of a server that is stopped', () => {
  it('looks at the stores by itself, and says what is missing', { timeout: 60_000 }, async () => {
    const empty = await testPlace()
    const told = await diagnosis(empty.env)
    expect(told).toMatchObject({ code: 1, running: false, worst: 'warning' })
    expect(told.findings.filter(({ what }) => what === 'migrations').map(({ severity }) => severity)).toEqual(['warning', 'warning'])
    await empty.close()
  })

  it('says what does not answer, and still looks at the rest', { timeout: 60_000 }, async () => {
    const empty = await testPlace()
    const told = await diagnosis({ ...empty.env, TENON_CLICKHOUSE_URL: 'http://127.0.0.1:9/nowhere' })
    expect(told).toMatchObject({ code: 2, worst: 'critical' })
    expect(told.findings).toContainEqual(
      expect.objectContaining({ part: 'clickhouse', what: 'answer', found: 'TENON_ANALYTICS_UNREACHABLE' }),
    )
    expect(told.findings.some(({ part }) => part === 'postgres')).toBe(true)
    await empty.close()
  })
})
