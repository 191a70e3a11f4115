import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../source/connections.ts'
import { freePort } from '../source/free-port.fixture.ts'
import { hasMySql, startRemoteMySql } from '../source/remote-mysql.fixture.ts'
import { type RemoteDatabase, startRemotePostgres } from '../source/remote-postgres.fixture.ts'
import { type RemoteS3, startRemoteS3 } from '../source/remote-s3.fixture.ts'
import { type ReaderUnderTest, readerUnderTest, rowsOf } from './reader.fixture.ts'

let test: ReaderUnderTest
let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tenon-remote-'))
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

/** What is read behind each key of a table is what stands behind it in the whole. */
async function expectToGoOnBehindEachKey(
  source: { readonly connection: string; readonly table: string; readonly key: string },
  count: number,
) {
  const keys = rowsOf(await read(source)).map((row) => String(row[source.key]))
  expect(new Set(keys).size).toBe(count)
  for (const [place, after] of keys.entries())
    expect(
      rowsOf(await read(source, { after })).map((row) => String(row[source.key])),
      `behind '${after}'`,
    ).toEqual(keys.slice(place + 1))
}

describe('postgres', () => {
  let server: RemoteDatabase
  const secret = "geheim'\\"
  beforeAll(async () => {
    server = await startRemotePostgres({
      password: secret,
      setUp: [
        'create table people (id bigint primary key, mail text, at timestamptz, tags text[], amount numeric(12,3), ok bool, ref uuid default gen_random_uuid(), meta jsonb)',
        `insert into people select 9007199254740990 + i, 'p' || i, '2024-01-01T00:00:00.5Z', array['x', 'y'], 1.005, true, gen_random_uuid(), '{"a":1}' from generate_series(1, 5000) i order by random()`,
        `create schema "odd ""one"""; create table "odd ""one"""."t'x" ("k'y" text primary key, n int)`,
        `insert into "odd ""one"""."t'x" values ('it''s', 1), ('b\\s', 2), ('zz', 3)`,
        `create table words (word text collate "unicode" primary key); insert into words values ('a'), ('Ä'), ('ä'), ('B'), ('b'), ('é'), ('z'), ('')`,
        'create table twins (id int, n int); insert into twins values (1, 1), (2, 1), (2, 2), (3, 1)',
      ],
    })
    use('shop', server.connection)
  })
  afterAll(() => server?.close())

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

  it('brings another row of the key where it was, for all to see', async () => {
    const rest = rowsOf(await read({ connection: 'shop', table: 'twins', key: 'id' }, { after: '2' }))
    expect(rest.map(({ id }) => id)).toEqual([2, 3])
  })

  it('goes on where it was in the collation of the key', () =>
    expectToGoOnBehindEachKey({ connection: 'shop', table: 'words', key: 'word' }, 8))

  it('lets nobody in with another password', async () => {
    use('locked', { ...server.connection, password: 'geheim, but wrong' })
    const error = await read({ connection: 'locked', table: 'people', key: 'id' }).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'TENON_IMPORT_UNREADABLE', message: expect.stringContaining('password authentication failed') })
    expect(String(error)).not.toContain('geheim')
  })

  it('says what is wrong, and never a password', async () => {
    await expect(read({ connection: 'shop', table: 'people', key: 'nothing' })).rejects.toMatchObject({
      code: expect.stringMatching(/^TENON_IMPORT_/),
    })
    await expect(read({ connection: 'shop', table: 'people', key: 'at' })).rejects.toMatchObject({ code: 'TENON_IMPORT_KEY_INVALID' })
    await expect(read({ connection: 'nobody', table: 'people', key: 'id' })).rejects.toMatchObject({ code: 'TENON_IMPORT_REFUSED' })
    use('gone', { ...server.connection, port: await freePort() })
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

describe.runIf(hasMySql)('mysql', () => {
  let server: RemoteDatabase
  const words = ['apfel', 'Äste', 'Bär', 'bier', "it''s", 'o\\\\o', 'Zoo', '']
  const keys = [
    { table: 'by_rules', type: 'VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci', values: [...words, '😀'] },
    { table: 'by_bits', type: 'VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', values: [...words, 'Apfel', 'äste', '😀'] },
    { table: 'latin', type: 'CHAR(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci', values: words },
    { table: 'by_bytes', type: 'VARBINARY(9)', values: [...words, 'Apfel', '李'] },
  ]
  beforeAll(async () => {
    server = await startRemoteMySql({
      password: 'geheim7',
      setUp: [
        'CREATE TABLE shop.people (id BIGINT PRIMARY KEY, name VARCHAR(50), at DATETIME(3), ok BOOL, amount DECIMAL(10,2))',
        "INSERT INTO shop.people VALUES (9007199254740993,'An','2024-01-01 00:00:00.123',1,1.5),(9007199254740992,'李','2024-01-01',0,NULL)",
        "CREATE TABLE shop.`t``x` (`k'y` VARCHAR(50) PRIMARY KEY)",
        "INSERT INTO shop.`t``x` VALUES ('a\\\\b'),('it''s')",
        ...keys.flatMap(({ table, type, values }) => [
          `CREATE TABLE shop.${table} (word ${type} PRIMARY KEY)`,
          `INSERT INTO shop.${table} VALUES ${values.map((value) => `('${value}')`).join(',')}`,
        ]),
        'CREATE TABLE shop.namesakes (name VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci)',
        "INSERT INTO shop.namesakes VALUES ('an'),('An'),('bo')",
        'CREATE TABLE shop.raw (id VARBINARY(4) PRIMARY KEY)',
        'INSERT INTO shop.raw VALUES (0x01ff), (0x02)',
      ],
    })
    use('old', server.connection)
  })
  afterAll(() => server?.close())

  it.each(keys)('goes on where it was, whatever its key is compared by: $table', ({ table, values }) =>
    expectToGoOnBehindEachKey({ connection: 'old', table, key: 'word' }, values.length),
  )

  it('leaves out no row whose key its server takes for the one where it was', async () => {
    const rest = rowsOf(await read({ connection: 'old', table: 'namesakes', key: 'name' }, { after: 'an' }))
    expect(rest.map(({ name }) => name)).toEqual(['An', 'bo'])
  })

  it('has no key of bytes that are no text', async () => {
    await expect(read({ connection: 'old', table: 'raw', key: 'id' })).rejects.toMatchObject({ code: 'TENON_IMPORT_KEY_INVALID' })
  })

  it('lets nobody in with another password', async () => {
    use('locked', { ...server.connection, password: 'geheim8' })
    const error = await read({ connection: 'locked', table: 'people', key: 'id' }).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'TENON_IMPORT_UNREADABLE', message: expect.stringContaining('Access denied') })
    expect(String(error)).not.toContain('geheim')
  })

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
  let server: RemoteS3
  beforeAll(async () => {
    server = await startRemoteS3(join(dir, 's3'), ['lake', 'other'])
    const { reader } = test
    await server.put(reader, 'lake/in/b.csv.gz', { select: "SELECT 'n' UNION ALL SELECT '3' ORDER BY 1 DESC", format: 'CSV' })
    await server.put(reader, 'lake/in/a.csv', { select: "SELECT arrayJoin(['n', '1', '2'])", format: 'CSV' })
    await server.put(reader, 'lake/in/c.parquet', { select: 'SELECT number + 4 AS n FROM numbers(2)', format: 'Parquet' })
    await server.put(reader, 'other/secret.csv', { select: "SELECT arrayJoin(['n', '9'])", format: 'CSV' })
    use('lake', server.connection('lake'))
    use('wrong', { ...server.connection('lake'), secretKey: 'geheim/+' })
  })
  afterAll(() => server?.close())

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
