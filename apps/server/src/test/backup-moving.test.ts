import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { type Analytics, openAnalytics } from '@tenon/analytics'
import { backUp, type Manifest } from '@tenon/operations'
import { openStore, type Store } from '@tenon/store'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnTenon, tenon } from './commands.fixture.ts'
import { startServerAt, type TestPlace, type TestServer, testPlace } from './running.fixture.ts'

const clock = { now: () => new Date() }
let folder: string
let place: TestPlace
let server: TestServer
let store: Store
let analytics: Analytics
let clickhouse: ClickHouseClient
let postgres: pg.Client

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-moving-'))
  place = await testPlace()
  server = await startServerAt(place)
  store = openStore({ databaseUrl: place.env.TENON_DATABASE_URL ?? '', clock })
  analytics = openAnalytics({ clickhouseUrl: place.env.TENON_CLICKHOUSE_URL ?? '', clock })
  clickhouse = createClient({ url: place.env.TENON_CLICKHOUSE_URL ?? '' })
  postgres = new pg.Client({ connectionString: place.env.TENON_DATABASE_URL })
  await postgres.connect()
}, 60_000)
afterAll(async () => {
  await postgres.end()
  await Promise.all([store.close(), analytics.close(), clickhouse.close()])
  await server.close()
  await place.close()
  await rm(folder, { recursive: true, force: true })
})

const broken = (number: number) => ({ type: 'track', event: '', userId: `moving-${number}`, messageId: `broken-${number}` })
const right = (number: number) => ({ type: 'track', event: 'Moved', userId: `moving-${number % 7}`, messageId: `right-${number}` })
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number)
const command = (query: string) => clickhouse.command({ query, clickhouse_settings: { wait_end_of_query: 1 } })

interface Failed {
  readonly id: string
  readonly payload: string
  readonly messageId: string
}
const failedAt = async (at: TestServer): Promise<readonly Failed[]> =>
  ((await at.get('/v1/failed-events?limit=500')).failedEvents as Failed[]).filter(({ messageId }) => messageId?.startsWith('broken-'))

/** The real engine, of which a table is rewritten as soon as it was read. */
function disturbed(disturb: (table: string) => Promise<void>, of: Analytics = analytics): Analytics {
  const { backups } = of
  return {
    ...of,
    backups: {
      ...backups,
      async *rows(...request) {
        yield* backups.rows(...request)
        await disturb(request[0].name)
      },
    },
  }
}

/** Everything that lies in the stores of a place, by table. */
async function contentOf(at: TestPlace): Promise<Readonly<Record<string, unknown>>> {
  const [theirs, engine] = [
    openStore({ databaseUrl: at.env.TENON_DATABASE_URL ?? '', clock }),
    openAnalytics({ clickhouseUrl: at.env.TENON_CLICKHOUSE_URL ?? '', clock }),
  ]
  try {
    const found: Record<string, unknown> = {}
    await theirs.backups.snapshot(async (snapshot) => {
      for (const table of snapshot.tables) found[`${table.schema}.${table.name}`] = await snapshot.digest(table)
    })
    for (const table of await engine.backups.tables()) found[table.name] = await engine.backups.digest(table, 'all')
    return found
  } finally {
    await Promise.all([theirs.close(), engine.close()])
  }
}

/** What a backup says it holds; the ledger is told again after a restore. */
function promised({ postgres: { tables }, clickhouse: { tables: others } }: Manifest): Readonly<Record<string, unknown>> {
  const told = ['tenon.merges', 'tenon.unmerges']
  return Object.fromEntries([
    ...tables.flatMap(({ schema, name, expected }) =>
      told.includes(`${schema}.${name}`) ? [] : [[`${schema}.${name}`, expected] as const],
    ),
    ...others.flatMap(({ name, expected }) => (expected === undefined ? [] : [[name, expected] as const])),
  ])
}

describe('a backup while tables are changed in place', () => {
  it('restores what it verifies, and the restored system accepts, tells duplicates and replays', { timeout: 240_000 }, async () => {
    for (const from of [0, 100, 200])
      await server.track('/v1/batch', { batch: numbers(100).flatMap((number) => [broken(from + number), right(from + number)]) })
    await server.settle()
    const kept = await failedAt(server)
    expect(kept).toHaveLength(300)
    await server.call('POST', `/v1/failed-events/${kept[0]?.id}/discard`, {})

    let isCopying = true
    let next = 300
    const flowing = (async () => {
      for (; isCopying; next += 10)
        expect((await server.track('/v1/batch', { batch: numbers(10).flatMap((n) => [broken(next + n), right(next + n)]) })).status).toBe(
          200,
        )
    })()
    const disturb = async (table: string) => {
      if (table === 'failed_events') await analytics.expireFailed({ before: new Date(Date.now() - 1) })
      if (table === 'events') await command("ALTER TABLE events DELETE WHERE message_id = 'right-1' SETTINGS mutations_sync = 2")
      await command(`OPTIMIZE TABLE ${table} FINAL`)
    }
    const target = join(folder, 'moving')
    const logs = { holdLog: () => undefined, sharedLogs: () => [] }
    const manifest = await backUp({ store, analytics: disturbed(disturb), ...logs, folder: target, clock, version: '0' }).finally(() => {
      isCopying = false
    })
    await flowing
    await server.settle()
    expect((await failedAt(server)).filter(({ payload }) => payload !== '').length).toBeLessThan(next)
    expect(await tenon(place, 'verify-backup', target)).toMatchObject({ code: 0, err: '' })

    const after = await testPlace()
    expect(await tenon(after, 'restore', target)).toMatchObject({ code: 0, err: '' })
    expect(await contentOf(after)).toMatchObject(promised(manifest))
    const restored = await startServerAt(after)
    // As it was before anything was taken out of it.
    const found = new Map((await failedAt(restored)).map((one) => [one.messageId, one.payload]))
    for (const { messageId, payload } of kept.slice(1)) expect(found.get(messageId)).toBe(payload)

    const events = async () => Number((await restored.get('/v1/conservation').then(({ all }) => all as { stored: number })).stored)
    const before = await events()
    await restored.track('/v1/batch', { batch: numbers(300).map(right) })
    await restored.settle()
    expect(await events()).toBe(before)
    await restored.track('/v1/track', right(-1))
    await restored.settle()
    expect(await events()).toBe(before + 1)
    const [, one] = kept
    await restored.call('PUT', `/v1/failed-events/${one?.id}`, { payload: { ...broken(1), event: 'Repaired' } })
    expect((await restored.call('POST', `/v1/failed-events/${one?.id}/replay`, {})).status).toBeLessThan(300)
    await expect.poll(events, { timeout: 20_000 }).toBe(before + 2)
    await restored.close()
    await after.close()
  })
})

describe('a backup of a cluster, of which nothing is frozen', () => {
  const logs = { holdLog: () => undefined, sharedLogs: () => [] }
  async function made(target: string, times: number): Promise<Manifest> {
    const cluster = openAnalytics({
      clickhouseUrl: place.env.TENON_CLICKHOUSE_URL ?? '',
      clock,
      topology: { kind: 'cluster', cluster: 'c' },
    })
    let done = 0
    const disturb = async (table: string) => {
      // As many rows as before, with something else in them.
      if (table !== 'failed_events' || done++ >= times) return
      await command(`ALTER TABLE failed_events UPDATE reason = '${target} ${done}' WHERE 1 SETTINGS mutations_sync = 2`)
    }
    try {
      return await backUp({ store, analytics: disturbed(disturb, cluster), ...logs, folder: target, clock, version: '0' })
    } finally {
      await cluster.close()
    }
  }

  it('copies a table again that changed, and says so where it does not stand still', { timeout: 120_000 }, async () => {
    await server.track('/v1/track', broken(-1))
    await server.settle()
    const target = join(folder, 'cluster')
    const {
      clickhouse: { tables },
    } = await made(target, 1)
    expect(await tenon(place, 'verify-backup', target)).toMatchObject({ code: 0, err: '' })
    const table = { name: 'failed_events', columns: tables.find(({ name }) => name === 'failed_events')?.columns ?? [] }
    expect(await analytics.backups.digest(table, 'all')).toEqual(tables.find(({ name }) => name === table.name)?.expected)
    await expect(made(join(folder, 'unsteady'), 99)).rejects.toMatchObject({ code: 'TENON_BACKUP_UNSTEADY' })
  })
})

describe('a backup that must not go on', () => {
  const query = async (sql: string): Promise<readonly unknown[]> => (await postgres.query(sql)).rows
  const copying = () => query(`select from pg_stat_activity where application_name = 'tenon backup' and datname = current_database()`)
  const frozen = async () => {
    const result = await clickhouse.query({
      query: "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'frozen%'",
      format: 'TabSeparated',
    })
    return result.text()
  }
  /** While it runs, the backup stands before a table of Postgres. */
  async function held<T>(run: () => Promise<T>): Promise<T> {
    const holder = new pg.Client({ connectionString: place.env.TENON_DATABASE_URL })
    await holder.connect()
    await holder.query('begin; lock table tenon.items in access exclusive mode')
    try {
      return await run()
    } finally {
      await holder.end()
    }
  }
  const standing = () =>
    expect
      .poll(() => query(`select from pg_stat_activity where application_name = 'tenon backup' and wait_event_type = 'Lock'`), {
        timeout: 30_000,
      })
      .toHaveLength(1)

  it('since the command went away ends in the server, with all that the stores did for it', { timeout: 60_000 }, async () => {
    const target = join(folder, 'abandoned')
    await held(async () => {
      const child = spawnTenon(place, 'backup', target)
      await standing()
      child.kill('SIGKILL')
      await expect.poll(copying, { timeout: 10_000 }).toEqual([])
      await expect.poll(() => store.jobs.isHeld('backup'), { timeout: 10_000 }).toBe(false)
    })
    expect(await frozen()).toBe('')
    expect(await readdir(target)).not.toContain('manifest.json')
    // And the next one is made.
    expect(await tenon(place, 'backup', join(folder, 'next'))).toMatchObject({ code: 0, err: '' })
  })

  it('since its lease is lost stops with a coded error', { timeout: 60_000 }, async () => {
    const target = join(folder, 'lost')
    const logs = { holdLog: () => undefined, sharedLogs: () => [] }
    await held(async () => {
      const making = backUp({ store, analytics, ...logs, folder: target, clock, version: '0', leaseMs: 1_500 })
      making.catch(() => undefined)
      await standing()
      await query(`update tenon.leases set holder = gen_random_uuid(), held_until = now() + interval '1 hour' where job = 'backup'`)
      await expect(making).rejects.toMatchObject({ code: 'TENON_BACKUP_LEASE_LOST', details: { job: 'backup' } })
      await expect.poll(copying, { timeout: 10_000 }).toEqual([])
    })
    expect(await readdir(target)).not.toContain('manifest.json')
    expect(await tenon(place, 'backup', join(folder, 'second'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('TENON_BACKUP_RUNNING'),
    })
    await query(`delete from tenon.leases where job = 'backup'`)
  })
})
