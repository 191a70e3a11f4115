import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@clickhouse/client'
import type { Finding } from '@tenon/operations'
import { type NatsServer, natsSkipReason, startNatsServer } from '@tenon/testing/stores'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnTenon, tenon } from './commands.fixture.ts'
import { startServerAt, type TestPlace, type TestServer, testPlace } from './running.fixture.ts'

const STREAMS = { TENON_NATS_PARTITIONS: '2', TENON_LOG_BYTES: '64MiB' }
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number)
const event = (number: number) => ({ type: 'track', event: 'Fleet', userId: `fleet-${number % 11}`, messageId: `fleet-${number}` })

const missing = natsSkipReason('a backup of a fleet')

describe.skipIf(missing !== undefined)('a backup of a fleet', () => {
  let folder: string
  const natsServers: NatsServer[] = []
  const places: TestPlace[] = []
  const children: ChildProcess[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenon-fleet-'))
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    for (const place of places) await place.close()
    for (const nats of natsServers) await nats.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function fleetPlace(): Promise<TestPlace> {
    const nats = await startNatsServer()
    natsServers.push(nats)
    const place = await testPlace({ TENON_NATS_URL: nats.url, ...STREAMS })
    places.push(place)
    return place
  }

  /** A second process of the installation, and where it listens. */
  async function startSecond(place: TestPlace, role: 'all' | 'api'): Promise<string> {
    const dataDir = join(folder, `second-${children.length}`)
    await mkdir(dataDir)
    const child = spawnTenon({ env: { ...place.env, TENON_DATA: dataDir, TENON_ROLE: role } }, 'start', '--no-sample')
    children.push(child)
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
      if (address !== undefined) return address
    }
    throw new Error('the second process did not start')
  }

  async function sendTo(address: string, batch: readonly object[]): Promise<number> {
    const response = await fetch(`${address}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('write-key-of-the-test:').toString('base64')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ batch }),
    })
    await response.body?.cancel()
    return response.status
  }

  async function onEngine<T>(place: TestPlace, run: (ask: (query: string) => Promise<readonly string[]>) => Promise<T>): Promise<T> {
    const client = createClient({ url: place.env.TENON_CLICKHOUSE_URL ?? '' })
    try {
      return await run(async (query) => {
        const { stream } = await client.exec({ query: `${query} FORMAT TabSeparated` })
        let text = ''
        for await (const piece of stream) text += String(piece)
        return text.split('\n').filter(Boolean)
      })
    } finally {
      await client.close()
    }
  }
  const idsIn = (place: TestPlace) =>
    onEngine(place, (ask) => ask("SELECT message_id FROM events WHERE name = 'Fleet' ORDER BY message_id"))
  const setting = (place: TestPlace, change: string) =>
    onEngine(place, async () => {
      const client = createClient({ url: place.env.TENON_CLICKHOUSE_URL ?? '' })
      await client.command({ query: `ALTER TABLE events ${change}` })
      await client.close()
    })
  async function count(place: TestPlace, table: 'ingest_open_batches' | 'ingest_workers'): Promise<number> {
    const client = new pg.Client({ connectionString: place.env.TENON_DATABASE_URL })
    await client.connect()
    try {
      const { rows } = await client.query<{ count: string }>(`select count(*)::text as count from tenon.${table}`)
      return Number(rows[0]?.count)
    } finally {
      await client.end()
    }
  }
  const openBatches = (place: TestPlace) => count(place, 'ingest_open_batches')
  const ids = (count: number): readonly string[] =>
    numbers(count)
      .map((number) => `fleet-${number}`)
      .sort()
  const conservation = async (server: TestServer) => (await server.get('/v1/conservation')).all as Record<string, number>

  it('holds what waits in the streams, and comes back with open batches and all', { timeout: 240_000 }, async () => {
    const before = await fleetPlace()
    const server = await startServerAt(before)
    const other = await startSecond(before, 'api')
    const both = [server.address, other]
    const send = async (from: number, count: number) => {
      for (let next = from; next < from + count; next += 10)
        expect(
          await sendTo(
            both[(next / 10) % 2] ?? '',
            numbers(10).map((number) => event(next + number)),
          ),
        ).toBe(200)
    }
    await send(0, 200)
    await server.settle()
    expect(await idsIn(before)).toEqual(ids(200))
    // The other accepts, and leaves storing to this one.
    expect(await count(before, 'ingest_workers')).toBe(1)

    // The engine takes nothing more: batches stay open, and the streams fill up.
    await setting(before, 'MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1, max_delay_to_insert = 0')
    await send(200, 400)
    await expect.poll(() => openBatches(before), { timeout: 20_000 }).toBeGreaterThan(0)
    const { findings } = JSON.parse((await tenon(before, 'doctor', '--json')).out) as { findings: readonly Finding[] }
    const streams = findings.filter(({ part }) => part === 'streams')
    expect(streams.map(({ what }) => what)).toEqual(['TENON_EVENTS_0', 'TENON_EVENTS_1'])
    expect(streams.filter(({ since }) => since !== undefined).map(({ found }) => found)).toEqual([
      expect.stringMatching(/^\d+ messages wait, the first for/),
    ])
    const target = join(folder, 'fleet')
    let isCopying = true
    let next = 600
    const copying = tenon(before, 'backup', target).finally(() => {
      isCopying = false
    })
    for (; isCopying; next += 10) await send(next, 10)
    const made = await copying
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(made.out).not.toContain('warning')
    const waiting = Number(/(\d+) events in 2 streams/.exec(made.out.replaceAll(',', ''))?.[1])
    expect(waiting).toBeGreaterThanOrEqual(400)
    expect(await openBatches(before)).toBeGreaterThan(0)
    for (const child of children) child.kill('SIGKILL')
    await setting(before, 'RESET SETTING parts_to_throw_insert, parts_to_delay_insert, max_delay_to_insert')
    await server.close()

    // Not without NATS, and not over streams that are there.
    const { TENON_NATS_URL: _, ...alone } = (await fleetPlace()).env
    const bare = { env: alone, dataDir: alone.TENON_DATA ?? '' }
    expect(await tenon(bare, 'restore', target)).toMatchObject({ code: 1, err: expect.stringContaining('TENON_RESTORE_NEEDS_NATS') })
    const onto = { env: { ...alone, TENON_NATS_URL: natsServers[0]?.url ?? '' }, dataDir: bare.dataDir }
    expect(await tenon(onto, 'restore', target)).toMatchObject({ code: 1, err: expect.stringContaining('TENON_RESTORE_NOT_EMPTY') })

    const after = await fleetPlace()
    expect(await tenon(after, 'restore', target)).toMatchObject({ code: 0, err: '' })
    const restored = await startServerAt(after)
    const second = await startSecond(after, 'all')
    await restored.settle()
    const found = await idsIn(after)
    expect(found).toEqual([...new Set(found)])
    // All that was acknowledged before the backup began, and what came while it read the streams.
    expect(found).toEqual(expect.arrayContaining([...ids(600)]))
    expect(found).toHaveLength(200 + waiting)

    // Clients send again whatever they are not sure of, to anybody.
    for (let from = 0; from < next; from += 100)
      expect(
        await sendTo(
          [restored.address, second][(from / 100) % 2] ?? '',
          numbers(Math.min(100, next - from)).map((number) => event(from + number)),
        ),
      ).toBe(200)
    await restored.settle()
    expect(await idsIn(after)).toEqual(ids(next))
    const counts = await conservation(restored)
    expect(counts).toMatchObject({ stored: next, failed: 0 })
    expect(restored.logged).toEqual([])
    await restored.close()
  })
})
