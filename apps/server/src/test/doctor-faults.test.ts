import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { type Analytics, openAnalytics } from '@tenon/analytics'
import { type Finding, lookAtClickHouse, lookAtFolder, lookAtPostgres, lookAtStreams, lookAtWork } from '@tenon/operations'
import { openStore, type Store } from '@tenon/store'
import { type EphemeralStores, ephemeralStores } from '@tenon/testing/stores'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tenon } from './commands.fixture.ts'
import { startServerAt, testPlace } from './running.fixture.ts'

const clock = { now: () => new Date() }
let stores: EphemeralStores
let store: Store
let analytics: Analytics
let engine: ClickHouseClient

beforeAll(async () => {
  stores = await ephemeralStores()
  store = openStore({ databaseUrl: stores.databaseUrl, clock })
  analytics = openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock })
  engine = createClient({ url: stores.clickhouseUrl })
  await Promise.all([store.migrate(), analytics.migrate()])
})
afterAll(async () => {
  await Promise.all([store.close(), analytics.close(), engine.close()])
  await stores.close()
})

async function onPostgres<T>(application: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: stores.databaseUrl, application_name: application })
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end()
  }
}
const until = async (look: () => Promise<readonly Finding[]>, wanted: (finding: Finding) => boolean): Promise<Finding | undefined> => {
  await expect.poll(async () => (await look()).some(wanted), { timeout: 20_000, interval: 100 }).toBe(true)
  return (await look()).find(wanted)
}

describe('a doctor of streams', () => {
  it('names one that nobody stores, until somebody does', async () => {
    const now = new Date()
    const since = new Date(now.getTime() - 60_000)
    const waiting = [{ name: 'events-0', stream: 'tenon:events-0', messages: 7, since }]
    const look = () => lookAtStreams({ ingest: { waitingStreams: async () => waiting }, store, clock: { now: () => now } })
    await onPostgres('fleet', async (client) => {
      await client.query(`insert into tenon.ingest_workers (worker, alive_until) values ('gone', now() - interval '5 minutes')`)
      await client.query(`insert into tenon.ingest_shares (stream, worker) values ('tenon:events-0', 'gone')`)
      expect(await look()).toMatchObject([
        { what: 'events-0', severity: 'warning', found: '7 messages wait, the first for 60.0 s', since },
        { what: 'worker of events-0', severity: 'critical', found: 'nobody stores it, 7 messages wait', since },
      ])
      await client.query(`update tenon.ingest_workers set alive_until = now() + interval '1 minute'`)
      expect(await look()).toMatchObject([{ what: 'events-0', severity: 'warning' }])
      await client.query('delete from tenon.ingest_workers')
      expect(await look()).toHaveLength(2)
      await client.query('delete from tenon.ingest_shares')
    })
  })
})

describe('a doctor of Postgres', () => {
  it('names a statement that takes long, without what it is about, and how to end it', { timeout: 30_000 }, async () => {
    await onPostgres('reports', async (client) => {
      const long = client.query("select pg_sleep(60), 'an@example.com', 4711")
      long.catch(() => undefined)
      const look = () => lookAtPostgres({ store, clock, slowS: 0.5 })
      const finding = await until(look, ({ found }) => found.includes('reports'))
      expect(finding).toMatchObject({ severity: 'warning', advice: expect.stringContaining('pg_cancel_backend'), since: expect.any(Date) })
      expect(finding?.found).toMatch(/^\d+\.\d s, reports: select pg_sleep\(\?\), \?, \?$/)
      await onPostgres('doctor', (other) => other.query(`select pg_cancel_backend(${/\d+/.exec(finding?.what ?? '')?.[0]})`))
      await expect(long).rejects.toMatchObject({ code: '57014' })
      expect((await look()).some(({ found }) => found.includes('reports'))).toBe(false)
    })
  })

  it('names a transaction in which nothing happens', { timeout: 30_000 }, async () => {
    await onPostgres('forgotten', async (client) => {
      await client.query('begin; select 1')
      const finding = await until(
        () => lookAtPostgres({ store, clock, slowS: 0.3 }),
        ({ what }) => what.startsWith('idle transaction'),
      )
      expect(finding).toMatchObject({ severity: 'warning', found: expect.stringContaining('forgotten'), since: expect.any(Date) })
      expect(finding?.advice).toContain('pg_terminate_backend')
    })
  })

  it('says of work that nothing waits, before there is a schema and after', async () => {
    const empty = await ephemeralStores()
    const bare = openStore({ databaseUrl: empty.databaseUrl, clock })
    expect(await lookAtWork({ store: bare, clock })).toEqual([])
    await bare.close()
    await empty.close()
    expect(await lookAtWork({ store, clock })).toMatchObject([{ part: 'backup', severity: 'note' }])
  })
})

describe('a doctor of ClickHouse', () => {
  it('names a query that takes long, without what it is about, and how to end it', { timeout: 60_000 }, async () => {
    const query =
      "SELECT count() FROM numbers(1000000) WHERE NOT ignore(sleepEachRow(0.0001), 'an@example.com') SETTINGS max_block_size = 100, max_execution_time = 60"
    const ending = new AbortController()
    const long = engine.query({ query, query_id: 'slow-1', abort_signal: ending.signal })
    long.catch(() => undefined)
    const finding = await until(
      () => lookAtClickHouse({ analytics, clock, slowS: 0.5 }),
      ({ found }) => found.includes('sleepEachRow'),
    )
    expect(finding).toMatchObject({ part: 'clickhouse', severity: 'warning', since: expect.any(Date) })
    expect(finding?.advice).toContain('KILL QUERY')
    expect(finding?.found).not.toContain('example.com')
    ending.abort()
  })

  it('names a rewrite that fails, with its code', { timeout: 60_000 }, async () => {
    await engine.command({ query: 'CREATE TABLE broken (a UInt8, b String) ENGINE = MergeTree ORDER BY a' })
    await engine.command({ query: "INSERT INTO broken VALUES (1, 'x')" })
    await engine.command({ query: 'ALTER TABLE broken UPDATE b = toString(toUInt8(b)) WHERE 1 SETTINGS mutations_sync = 0' })
    const finding = await until(
      () => lookAtClickHouse({ analytics, clock }),
      ({ what }) => what === 'rewrite of broken',
    )
    expect(finding).toMatchObject({ severity: 'critical', advice: expect.stringContaining('KILL MUTATION'), since: expect.any(Date) })
    await engine.command({ query: "KILL MUTATION WHERE table = 'broken' AND database = currentDatabase() SYNC" })
    await engine.command({ query: 'DROP TABLE broken' })
  })
})

describe('a doctor of folders', () => {
  it('says what of a log does not fit, and of a fleet nothing about it', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tenon-doctor-'))
    await mkdir(join(dataDir, 'stores'))
    const look = async (budgetBytes: number) => lookAtFolder({ dataDir, budgetBytes, others: ['/proc', join(dataDir, 'none')] })
    const room = async (budgetBytes: number) => (await look(budgetBytes)).find(({ what }) => what === 'room')
    expect(await room(1e18)).toMatchObject({ severity: 'critical', advice: expect.stringContaining('make room') })
    expect(await room(1)).toMatchObject({ severity: 'ok' })
    expect(await room(0)).toBeUndefined()
    // Each disk once, whatever lies on it.
    const disks = (await look(0)).filter(({ what }) => what.startsWith('disk of'))
    expect(disks.map(({ what }) => what)).toEqual([`disk of ${dataDir}`, 'disk of /proc'])
    await rm(dataDir, { recursive: true })
  })
})

describe('a doctor of a log', () => {
  it('says that it is full, since when, and what becomes of new events', { timeout: 60_000 }, async () => {
    const place = await testPlace({ TENON_LOG_BYTES: '64MiB' })
    const server = await startServerAt(place)
    const theirs = createClient({ url: place.env.TENON_CLICKHOUSE_URL ?? '' })
    await theirs.command({ query: 'RENAME TABLE events TO events_gone' })
    const big = 'x'.repeat(20_000)
    const one = (number: number) => ({ type: 'track', event: 'Big', userId: 'u', messageId: `big-${number}`, properties: { big } })
    const send = (number: number) =>
      server.track('/v1/batch', { batch: Array.from({ length: 20 }, (_, index) => one(number * 20 + index)) })
    let sent = 0
    while ((await send(sent)).status === 200) sent++
    expect(sent).toBeGreaterThan(100)
    const { code, out } = await tenon(place, 'doctor', '--json')
    expect(code).toBe(2)
    const { findings } = JSON.parse(out) as { findings: readonly Finding[] }
    expect(findings.find(({ part, what }) => part === 'log' && what === 'room')).toMatchObject({
      severity: 'critical',
      since: expect.any(String),
      advice: expect.stringContaining('429'),
    })
    await theirs.command({ query: 'RENAME TABLE events_gone TO events' })
    await theirs.close()
    await server.close()
    await place.close()
  })
})
