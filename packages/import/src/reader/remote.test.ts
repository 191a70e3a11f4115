import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import S3rver from '@20minutes/s3rver'
import { startPostgres } from '@tenon/embedded'
import { skipReason } from '@tenon/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../source/connections.ts'
import { type ReaderUnderTest, readerUnderTest, rowsOf } from './reader.fixture.ts'

let test: ReaderUnderTest
let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tenon-remote-'))
  await chmod(dir, 0o755)
  test = await readerUnderTest()
})
afterAll(async () => {
  await test?.close()
  await rm(dir, { recursive: true, force: true })
})

const use = (name: string, connection: Connection) => {
  test.rights = { ...test.rights, connections: new Map([...test.rights.connections, [name, connection]]) }
}
const read: ReaderUnderTest['read'] = (...args) => test.read(...args)

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  server.close()
  return port
}

describe('postgres', () => {
  const open: (() => Promise<unknown>)[] = []
  const secret = "geheim'\\"
  beforeAll(async () => {
    const server = await startPostgres({ dir: join(dir, 'pg') })
    open.push(() => server.stop())
    const socket = join(decodeURIComponent(/@([^/]+)/.exec(server.url)?.[1] ?? ''), '.s.PGSQL.5432')
    // The embedded server listens on its socket alone; whoever imports comes over a wire.
    const wire = createServer((near) => {
      const far = connect(socket)
      for (const end of [near, far]) end.on('error', () => end.destroy())
      near.pipe(far).pipe(near)
    })
    const port = await listening(wire)
    open.push(async () => wire.close())
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query(
      `create table people (id bigint primary key, mail text, at timestamptz, tags text[], amount numeric(12,3), ok bool, ref uuid default gen_random_uuid(), meta jsonb)`,
    )
    await client.query(
      `insert into people select 9007199254740990 + i, 'p' || i, '2024-01-01T00:00:00.5Z', array['x', 'y'], 1.005, true, gen_random_uuid(), '{"a":1}' from generate_series(1, 5000) i order by random()`,
    )
    await client.query(`create schema "odd ""one"""; create table "odd ""one"""."t'x" ("k'y" text primary key, n int)`)
    await client.query(`insert into "odd ""one"""."t'x" values ('it''s', 1), ('b\\s', 2), ('zz', 3)`)
    await client.query(`create table twins (id int, n int); insert into twins values (1, 1), (1, 2)`)
    await client.end()
    use('shop', { kind: 'postgres', host: '127.0.0.1', port, database: 'tenon', user: 'tenon', password: secret })
  })
  afterAll(async () => {
    for (const close of open.reverse()) await close()
  })

  it('comes in the order of its key, from any row on, with its types', async () => {
    const rows = rowsOf(await read({ connection: 'shop', table: 'people', key: 'id' }))
    expect(rows).toHaveLength(5_000)
    expect(rows[0]).toMatchObject({
      id: 9007199254740991,
      mail: 'p1',
      at: '2024-01-01T00:00:00.500000Z',
      tags: ['x', 'y'],
      amount: 1.005,
      ok: 1,
      meta: '{"a": 1}',
    })
    expect(rows.map(({ mail }) => mail)).toEqual(Array.from({ length: 5_000 }, (_, index) => `p${index + 1}`))
    const rest = rowsOf(await read({ connection: 'shop', table: 'people', key: 'id' }, { after: '9007199254745988' }))
    expect(rest.map(({ id }) => id)).toEqual(['9007199254745989', '9007199254745990'])
  })

  it('has names and keys that look like SQL', async () => {
    const source = { connection: 'shop', schema: 'odd "one"', table: "t'x", key: "k'y" }
    expect(rowsOf(await read(source)).map(({ n }) => n)).toEqual([2, 1, 3])
    expect(rowsOf(await read(source, { after: 'b\\s' })).map(({ n }) => n)).toEqual([1, 3])
    expect(rowsOf(await read(source, { after: "it's" })).map(({ n }) => n)).toEqual([3])
    expect(rowsOf(await read(source, { after: "'; drop table people; --" })).map(({ n }) => n)).toEqual([2, 1, 3])
  })

  it('says what is wrong, and never a password', async () => {
    await expect(read({ connection: 'shop', table: 'people', key: 'nothing' })).rejects.toMatchObject({
      code: expect.stringMatching(/^TENON_IMPORT_/),
    })
    await expect(read({ connection: 'shop', table: 'people', key: 'at' })).rejects.toMatchObject({ code: 'TENON_IMPORT_KEY_INVALID' })
    await expect(read({ connection: 'nobody', table: 'people', key: 'id' })).rejects.toMatchObject({ code: 'TENON_IMPORT_REFUSED' })
    use('gone', { kind: 'postgres', host: '127.0.0.1', port: await freePort(), database: 'tenon', user: 'tenon', password: secret })
    for (const source of [
      { connection: 'shop', table: 'missing', key: 'id' },
      { connection: 'gone', table: 'people', key: 'id' },
    ]) {
      const error = await read(source).catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ code: 'TENON_IMPORT_UNREADABLE' })
      expect(String(error)).not.toContain('geheim')
    }
  })
})

const mariadbd = ['/usr/sbin/mariadbd', '/usr/libexec/mysqld'].find((path) => spawnSync(path, ['--version']).status === 0)
const missing = skipReason({
  suite: 'imports from MySQL',
  found: mariadbd,
  reason: 'this machine has no mariadbd (scripts/ci/machine.sh installs it)',
})

describe.skipIf(missing !== undefined)('mysql', () => {
  let stop: () => Promise<void> = async () => undefined
  beforeAll(async () => {
    const data = join(dir, 'mysql')
    await mkdir(data, { recursive: true })
    await chmod(data, 0o777)
    const port = await freePort()
    const setUp = [
      'SET NAMES utf8mb4;',
      'CREATE DATABASE shop CHARACTER SET utf8mb4;',
      'CREATE TABLE shop.people (id BIGINT PRIMARY KEY, name VARCHAR(50), at DATETIME(3), ok BOOL, amount DECIMAL(10,2));',
      "INSERT INTO shop.people VALUES (9007199254740993,'An','2024-01-01 00:00:00.123',1,1.5),(9007199254740992,'李','2024-01-01',0,NULL);",
      "CREATE TABLE shop.`t``x` (`k'y` VARCHAR(50) PRIMARY KEY); INSERT INTO shop.`t``x` VALUES ('a\\\\b'),('it''s');",
    ]
    await writeFile(join(dir, 'init.sql'), `${setUp.join('\n').replaceAll('; ', ';\n')}\n`)
    const paths = [
      `--datadir=${data}`,
      `--socket=${join(data, 's')}`,
      `--pid-file=${join(data, 'pid')}`,
      `--init-file=${join(dir, 'init.sql')}`,
    ]
    const user = process.getuid?.() === 0 ? ['--user=nobody'] : []
    const small = ['--skip-grant-tables', '--skip-log-bin', '--innodb-buffer-pool-size=16M', '--character-set-server=utf8mb4']
    if (user.length > 0) spawnSync('chown', ['nobody', data])
    const child = spawn(mariadbd ?? '', ['--no-defaults', `--port=${port}`, '--bind-address=127.0.0.1', ...paths, ...user, ...small], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const lines = createInterface({ input: child.stderr })
    const said: string[] = []
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        said.push(line)
        if (line.includes('ready for connections')) resolve()
      })
      child.once('exit', () => reject(new Error(said.slice(-5).join('\n'))))
    })
    stop = async () => {
      child.removeAllListeners('exit')
      const ended = once(child, 'exit')
      child.kill()
      await ended
    }
    use('old', { kind: 'mysql', host: '127.0.0.1', port, database: 'shop', user: 'anybody', password: 'geheim' })
  })
  afterAll(() => stop())

  it('comes in the order of its key, from any row on', async () => {
    expect(rowsOf(await read({ connection: 'old', table: 'people', key: 'id' }))).toEqual([
      { id: '9007199254740992', name: '李', at: '2024-01-01T00:00:00.000Z', ok: 0, amount: null },
      { id: '9007199254740993', name: 'An', at: '2024-01-01T00:00:00.123Z', ok: 1, amount: 1.5 },
    ])
    const rest = await read({ connection: 'old', table: 'people', key: 'id' }, { after: '9007199254740992' })
    expect(rowsOf(rest).map(({ name }) => name)).toEqual(['An'])
  })

  it('has names and keys that look like SQL', async () => {
    const source = { connection: 'old', table: 't`x', key: "k'y" }
    expect(rowsOf(await read(source)).map((row) => row["k'y"])).toEqual(['a\\b', "it's"])
    expect(rowsOf(await read(source, { after: 'a\\b' })).map((row) => row["k'y"])).toEqual(["it's"])
    expect(rowsOf(await read(source, { after: "it's" }))).toEqual([])
  })
})

describe('s3', () => {
  let server: S3rver
  beforeAll(async () => {
    server = new S3rver({
      port: 0,
      address: '127.0.0.1',
      silent: true,
      directory: join(dir, 's3'),
      configureBuckets: [{ name: 'lake' }, { name: 'other' }],
    })
    const { port } = await server.run()
    const endpoint = `http://127.0.0.1:${port}`
    const put = async (key: string, select: string, format: string) => {
      const sql = `INSERT INTO FUNCTION s3('${endpoint}/${key}', 'S3RVER', 'S3RVER', '${format}') ${select}`
      for await (const _ of test.reader.rows({ sql }));
    }
    await put('lake/in/b.csv.gz', "SELECT 'n' UNION ALL SELECT '3' ORDER BY 1 DESC", 'CSV')
    await put('lake/in/a.csv', "SELECT arrayJoin(['n', '1', '2'])", 'CSV')
    await put('lake/in/c.parquet', 'SELECT number + 4 AS n FROM numbers(2)', 'Parquet')
    await put('other/secret.csv', "SELECT arrayJoin(['n', '9'])", 'CSV')
    use('lake', { kind: 's3', endpoint, bucket: 'lake', accessKey: 'S3RVER', secretKey: 'S3RVER' })
    use('wrong', { kind: 's3', endpoint, bucket: 'lake', accessKey: 'S3RVER', secretKey: 'geheim/+' })
  })
  afterAll(() => server.close())

  it('gives its objects in the order of their names', async () => {
    const rows = rowsOf(await read({ connection: 'lake', object: 'in/*' }))
    expect(rows.map(({ n }) => Number(n))).toEqual([1, 2, 3, 4, 5])
    expect(rowsOf(await read({ connection: 'lake', object: 'in/c.parquet' }, { rows: 1 }))).toEqual([{ n: 5 }])
  })

  it('does not lead out of its bucket, and tells no key', async () => {
    for (const object of ['../other/secret.csv', 'in/../../other/secret.csv', '%2e%2e/other/secret.csv'])
      await expect(read({ connection: 'lake', object })).rejects.toMatchObject({ code: 'TENON_IMPORT_REFUSED' })
    await expect(read({ connection: 'lake', object: 'nothing/*' })).rejects.toMatchObject({ code: expect.stringMatching(/^TENON_IMPORT_/) })
    const error = await read({ connection: 'wrong', object: 'in/a.csv' }).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'TENON_IMPORT_UNREADABLE' })
    expect(String(error)).not.toContain('geheim')
  })
})

describe('an address', () => {
  it('is read without following redirects', async () => {
    const { createServer: serve } = await import('node:http')
    const packed = gzipSync('n\n1\n2\n')
    const server = serve((request, response) => {
      if (request.url?.startsWith('/moved')) response.writeHead(302, { location: '/a.csv' }).end()
      else if (request.url?.includes('.gz')) response.writeHead(200, { 'content-length': packed.length }).end(packed)
      else response.writeHead(200).end('n\n7\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    test.rights = { ...test.rights, hosts: [`127.0.0.1:${port}`] }
    expect(rowsOf(await read({ url: `http://127.0.0.1:${port}/a.csv?token=geheim` }))).toEqual([{ n: '7' }])
    expect(rowsOf(await read({ url: `http://127.0.0.1:${port}/a.csv.gz` }))).toEqual([{ n: '1' }, { n: '2' }])
    const error = await read({ url: `http://127.0.0.1:${port}/moved.csv?token=geheim` }).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'TENON_IMPORT_UNREADABLE' })
    expect(String(error)).not.toContain('geheim')
    server.close()
  })
})
