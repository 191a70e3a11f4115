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
      new Set(['folder', 'postgres', 'clickhouse', 'log', 'ingest', 'plugins', 'audience']),
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
