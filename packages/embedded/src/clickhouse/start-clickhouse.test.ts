import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EmbeddedServer } from '../embedded-server.ts'
import { EmbeddedBusy, EmbeddedStartFailed } from '../errors.ts'
import { eventually, rowsOf } from './engine.fixture.ts'
import { type EmbeddedClickHouseOptions, startClickHouse } from './start-clickhouse.ts'

describe('startClickHouse', { timeout: 120_000 }, () => {
  let dir: string
  const open: { stop(): Promise<void> }[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "tenon it's a {folder} * "))
  })
  afterEach(async () => {
    for (const server of open.splice(0).reverse()) await server.stop()
    await rm(dir, { recursive: true, force: true })
  })

  const start = async (options: EmbeddedClickHouseOptions & { onExit?: (reason: string) => void } = {}): Promise<EmbeddedServer> => {
    const server = await startClickHouse({ dir, memoryBytes: 1024 ** 3, ...options })
    open.push(server)
    return server
  }
  const connect = (server: EmbeddedServer): ClickHouseClient => {
    const client = createClient({ url: server.url, log: { level: ClickHouseLogLevel.OFF } })
    open.push({ stop: () => client.close() })
    return client
  }

  it('does not begin for somebody who is gone already', async () => {
    const child = fork(fileURLToPath(new URL('./engine-main.ts', import.meta.url)), {
      ...{ execArgv: ['--conditions=@tenon/source'], stdio: 'ignore' as const },
      env: { ...process.env, UV_THREADPOOL_SIZE: '8' },
    })
    const ended = once(child, 'exit')
    const limits = { maxConcurrentQueries: 2, maxQueuedQueries: 2, maxQueryBytes: 1e6, maxFieldBytes: 1e6, maxInsertBytes: 1e6 }
    const options = { path: join(dir, 'data'), spool: join(dir, 'spool'), args: [], user: 'u', password: 'p', port: 0, ...limits }
    child.send({ kind: 'start', options: { ...options, maxWholeResultBytes: 1e6 } }, () => child.disconnect())
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(existsSync(join(dir, 'data'))).toBe(false)
  })

  it('finds its data again, in a folder of any name', async () => {
    const first = await start()
    const client = connect(first)
    await client.command({ query: 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a' })
    await client.insert({ table: 't', values: [{ a: 1 }], format: 'JSONEachRow' })
    await first.stop()
    expect(first.health().state).toBe('stopped')
    expect(await rowsOf(connect(await start()), 'SELECT a FROM t')).toEqual([{ a: 1 }])
  })

  it('restarts the engine on the same address, and loses nothing that was acknowledged', async () => {
    const exits: string[] = []
    const server = await start({ onExit: (reason) => exits.push(reason) })
    const client = connect(server)
    await client.command({ query: 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a' })
    const acknowledged: number[] = []
    let next = 0
    let running = true
    const writer = async () => {
      while (running) {
        const a = next++
        await client.insert({ table: 't', values: [{ a }], format: 'JSONEachRow' }).then(
          () => acknowledged.push(a),
          () => new Promise((resolve) => setTimeout(resolve, 10)),
        )
      }
    }
    const writers = Array.from({ length: 4 }, writer)
    for (let round = 1; round <= 2; round += 1) {
      const before = acknowledged.length
      await eventually(async () => (acknowledged.length > before + 20 ? true : undefined))
      process.kill(server.health().pid ?? 0, 'SIGKILL')
      await eventually(async () => (server.health().restarts === round && server.health().state === 'ready' ? true : undefined))
    }
    running = false
    await Promise.all(writers)
    const stored = new Set((await rowsOf<{ a: number }>(client, 'SELECT DISTINCT a FROM t')).map((row) => row.a))
    expect(acknowledged.filter((a) => !stored.has(a))).toEqual([])
    expect(exits).toEqual(['exit SIGKILL', 'exit SIGKILL'])
  })

  it('gives up an engine that can not stay up, and says so', async () => {
    const exits: string[] = []
    const restarts = { attempts: 2, firstDelayMs: 1, maxDelayMs: 1, stableAfterMs: 60_000 }
    const server = await start({ onExit: (reason) => exits.push(reason), restarts })
    for (let kills = 1; kills <= 3; kills += 1) {
      const pid = await eventually(async () => (server.health().state === 'ready' ? server.health().pid : undefined))
      process.kill(pid, 'SIGKILL')
      await eventually(async () => (server.health().pid === pid ? undefined : true))
    }
    await eventually(async () => (server.health().state === 'failed' ? true : undefined))
    expect(exits.at(-1)).toMatch(/given up/)
  })

  it('refuses a folder in use, and names it and its holder', async () => {
    await start()
    const error = await startClickHouse({ dir }).catch((reason: unknown) => reason)
    expect(EmbeddedBusy.is(error) && error.details.holder.pid).toBe(process.pid)
    expect(String(error)).toContain(dir)
  })

  it('says that it did not start, and leaves the folder free', async () => {
    const error = await startClickHouse({ dir, engineArgs: ['--max_threads=many'] }).catch((reason: unknown) => reason)
    expect(EmbeddedStartFailed.is(error)).toBe(true)
    expect(String(error)).toContain(dir)
    await start()
  })

  it('bounds the memory of the engine', async () => {
    const client = connect(await start({ memoryBytes: 700 * 1024 ** 2 }))
    const query =
      "SELECT name, value FROM system.server_settings WHERE name IN ('max_server_memory_usage', 'mark_cache_size') ORDER BY name"
    expect(await rowsOf(client, query)).toEqual([
      { name: 'mark_cache_size', value: String(Math.floor((700 * 1024 ** 2) / 16)) },
      { name: 'max_server_memory_usage', value: String((700 - 256) * 1024 ** 2) },
    ])
  })

  it.runIf(process.platform === 'linux')('streams a gigabyte out and one in without holding them', async () => {
    const server = await start()
    const client = connect(server)
    const peak = () => Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.health().pid}/status`, 'utf8'))?.[1]) * 1024
    const before = peak()
    const query = 'SELECT repeat(toString(number % 10), 500) AS s FROM numbers(2000000)'
    const result = await client.query({ query, format: 'TabSeparated', clickhouse_settings: { max_block_size: '8192' } })
    let rowsSeen = 0
    for await (const rows of result.stream()) rowsSeen += rows.length
    expect(rowsSeen).toBe(2_000_000)
    await client.command({ query: 'CREATE TABLE t (s String) ENGINE = MergeTree ORDER BY tuple()' })
    const piece = Buffer.from(`${'y'.repeat(999)}\n`.repeat(1000))
    const values = Readable.from(
      Array.from({ length: 1000 }, () => piece),
      { objectMode: false },
    )
    expect((await client.insert({ table: 't', values, format: 'TabSeparated' })).summary?.written_rows).toBe('1000000')
    expect(peak() - before).toBeLessThan(900 * 1024 ** 2)
  })

  it('queues what is too much, and refuses what is more', async () => {
    const client = connect(await start({ maxConcurrentQueries: 2, maxQueuedQueries: 3 }))
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => rowsOf(client, 'SELECT sleep(0.3) AS s')))
    const refused = answers.filter((answer) => answer.status === 'rejected')
    expect(answers.length - refused.length).toBe(5)
    for (const answer of refused) expect(answer.reason).toMatchObject({ code: '202' })
    expect(await rowsOf(client, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('lets a query end that is under way when it stops', async () => {
    const server = await start()
    const answer = rowsOf(connect(server), 'SELECT sleep(1) AS s')
    await eventually(async () =>
      (await rowsOf<{ n: number }>(connect(server), "SELECT count() AS n FROM system.processes WHERE query LIKE '%sleep(1)%'"))[0]?.n === 2
        ? true
        : undefined,
    )
    await server.stop()
    expect(await answer).toEqual([{ s: 0 }])
  })

  it('cuts a query short that does not end within the grace', async () => {
    const server = await start({ stopGraceMs: 100 })
    const answer = rowsOf(connect(server), 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1').catch(() => 'failed')
    await eventually(async () =>
      (await rowsOf<{ n: number }>(connect(server), "SELECT count() AS n FROM system.processes WHERE query LIKE '%sipHash64%'"))[0]?.n === 2
        ? true
        : undefined,
    )
    await server.stop()
    expect(await answer).toBe('failed')
  })
})
