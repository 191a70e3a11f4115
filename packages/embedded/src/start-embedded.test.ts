import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from './clickhouse/engine.fixture.ts'
import { EmbeddedBusy } from './errors.ts'
import { processIdentity } from './process-identity.ts'
import { startEmbedded } from './start-embedded.ts'

interface Told {
  readonly pids: readonly number[]
  readonly databaseUrl: string
  readonly clickhouseUrl: string
}

describe('startEmbedded', { timeout: 120_000 }, () => {
  let dir: string
  const parents: ChildProcess[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tenon-embedded-'))
  })
  afterEach(async () => {
    for (const parent of parents.splice(0)) parent.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true, maxRetries: 10 })
  })

  const startParent = async (...args: string[]): Promise<{ parent: ChildProcess; told: Told }> => {
    const entry = fileURLToPath(new URL('./parent.fixture.ts', import.meta.url))
    const parent = spawn(process.execPath, ['--conditions=@tenon/source', entry, dir, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    parents.push(parent)
    const [line] = await once(createInterface({ input: parent.stdout }), 'line')
    return { parent, told: JSON.parse(line) }
  }
  const gone = (pids: readonly number[]) =>
    eventually(async () => (pids.every((pid) => processIdentity(pid) === undefined) ? true : undefined))

  it.each([
    ['SIGINT', []],
    ['SIGTERM', []],
    ['SIGKILL', []],
    ['SIGINT', ['stop-on-signal']],
    ['SIGTERM', ['stop-on-signal']],
  ] as const)('leaves no child behind after %s %s', async (signal, args) => {
    const { parent, told } = await startParent(...args)
    expect(told.pids.every((pid) => processIdentity(pid) !== undefined)).toBe(true)
    parent.kill(signal)
    await gone(told.pids)
  })

  it('leaves no child behind in the midst of queries that never end', async () => {
    const { parent, told } = await startParent()
    const engine = createClient({ url: told.clickhouseUrl, log: { level: ClickHouseLogLevel.OFF } })
    const endless = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1'
    const queries = [endless, `SELECT (${endless})`, 'SELECT number FROM numbers(1000000000000)'].map((query) =>
      engine
        .query({ query, format: 'JSONEachRow' })
        .then(
          async (result) => {
            for await (const rows of result.stream()) if (rows.length < 0) break
          },
          () => undefined,
        )
        .catch(() => undefined),
    )
    const database = new Client({ connectionString: told.databaseUrl })
    database.on('error', () => undefined)
    await database.connect()
    const sleeping = database.query('select pg_sleep(600)').catch(() => undefined)
    const running = "SELECT count() AS n FROM system.processes WHERE query LIKE '%numbers(1000000000000)%'"
    await eventually(async () =>
      (await (await engine.query({ query: running, format: 'JSONEachRow' })).json<{ n: number }>())[0]?.n === 4 ? true : undefined,
    )
    parent.kill('SIGKILL')
    await gone(told.pids)
    await Promise.all([...queries, sleeping])
    await engine.close()
  })

  it('finds everything again right after a kill -9', async () => {
    const { parent, told } = await startParent()
    const database = new Client({ connectionString: told.databaseUrl })
    await database.connect()
    await database.query('create table t (a int)')
    await database.query('insert into t values (1)')
    database.on('error', () => undefined)
    const engine = createClient({ url: told.clickhouseUrl })
    await engine.command({ query: 'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a' })
    await engine.insert({ table: 't', values: [{ a: 1 }], format: 'JSONEachRow' })
    await engine.close()
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    const embedded = await startEmbedded({ dir })
    const again = new Client({ connectionString: embedded.databaseUrl })
    await again.connect()
    expect((await again.query('select a from t')).rows).toEqual([{ a: 1 }])
    await again.end()
    const reader = createClient({ url: embedded.clickhouseUrl ?? '' })
    expect(await (await reader.query({ query: 'SELECT a FROM t', format: 'JSONEachRow' })).json()).toEqual([{ a: 1 }])
    await reader.close()
    await embedded.stop()
  })

  it('refuses a folder in use, names its holder, and leaves it running', async () => {
    const { parent, told } = await startParent()
    const error = await startEmbedded({ dir }).catch((reason: unknown) => reason)
    expect(EmbeddedBusy.is(error) && error.details).toMatchObject({ holder: { pid: parent.pid } })
    expect(String(error)).toContain(dir)
    expect(told.pids.every((pid) => processIdentity(pid) !== undefined)).toBe(true)
  })

  it('starts what is asked for, and tells its health', async () => {
    const embedded = await startEmbedded({ dir, clickhouse: false })
    expect(embedded.clickhouseUrl).toBeUndefined()
    expect(embedded.health()).toMatchObject({ ready: true, postgres: { state: 'ready', restarts: 0 } })
    expect(embedded.health().clickhouse).toBeUndefined()
    await embedded.stop()
    expect(embedded.health()).toMatchObject({ ready: false, postgres: { state: 'stopped' } })
    await embedded.stop()
  })

  it('stops the other server when one does not start', async () => {
    const failed = startEmbedded({ dir, postgres: { settings: { shared_buffers: 'nonsense' } } })
    await expect(failed).rejects.toMatchObject({ code: 'TENON_EMBEDDED_START_FAILED', message: expect.stringContaining('shared_buffers') })
    const embedded = await startEmbedded({ dir })
    expect(embedded.health().ready).toBe(true)
    await embedded.stop()
  })
})
