import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineUnderTest, engineUnderTest, rowsOf } from './engine.fixture.ts'

describe('inserts', { timeout: 120_000 }, () => {
  let engine: EngineUnderTest
  beforeAll(async () => {
    engine = await engineUnderTest()
  }, 60_000)
  afterAll(() => engine.close())

  let tables = 0
  const createTable = async (columns = 'a UInt64, s String', settings = ''): Promise<string> => {
    tables += 1
    const table = `t${tables}`
    await engine.client.command({ query: `CREATE TABLE ${table} (${columns}) ENGINE = MergeTree ORDER BY tuple() ${settings}` })
    return table
  }
  const post = (query: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> => {
    const url = new URL(engine.url)
    const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString('base64')}`
    return fetch(`${url.origin}/?query=${encodeURIComponent(query)}`, { method: 'POST', body, headers: { authorization, ...headers } })
  }
  const awkward = ['', "it's", 'a\n\nb', 'tab\there', 'back\\slash', '"quoted", twice ""', '榫\u2028', ';\n\nDROP TABLE victim', '\\N']

  it('takes arrays of objects and of arrays', async () => {
    const table = await createTable()
    const objects = await engine.client.insert({ table, values: awkward.map((s, a) => ({ a, s })), format: 'JSONEachRow' })
    expect(objects.summary?.written_rows).toBe(String(awkward.length))
    await engine.client.insert({ table, values: awkward.map((s, a) => [a, s]), format: 'JSONCompactEachRow', columns: ['a', 's'] })
    const rows = await rowsOf<{ s: string; n: number }>(engine.client, `SELECT s, count() AS n FROM ${table} GROUP BY a, s ORDER BY a`)
    expect(rows).toEqual(awkward.map((s) => ({ s, n: 2 })))
  })

  const escapeTsv = (s: string) => s.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
  const escapeCsv = (s: string) => `"${s.replaceAll('"', '""')}"`
  const lines = (line: (a: number, s: string) => string) =>
    Readable.from(
      awkward.map((s, a) => line(a, s)),
      { objectMode: false },
    )
  it.each([
    ['TabSeparated', () => lines((a, s) => `${a}\t${escapeTsv(s)}\n`)],
    ['CSV', () => lines((a, s) => `${a},${escapeCsv(s)}\n`)],
    ['JSONEachRow', () => Readable.from(awkward.map((s, a) => ({ a, s })))],
    ['JSONCompactEachRow', () => Readable.from(awkward.map((s, a) => [a, s]))],
  ] as const)('takes streams of %s, also compressed', async (format, values) => {
    const table = await createTable()
    for (const client of [engine.client, engine.connect({ compression: { request: true, response: true } })]) {
      const result = await client.insert({ table, values: values(), format })
      expect(result.summary?.written_rows).toBe(String(awkward.length))
    }
    const rows = await rowsOf<{ s: string; n: number }>(engine.client, `SELECT s, count() AS n FROM ${table} GROUP BY a, s ORDER BY a`)
    expect(rows).toEqual(awkward.map((s) => ({ s, n: 2 })))
  })

  it('keeps bytes that are not UTF-8', async () => {
    const table = await createTable()
    const response = await post(`INSERT INTO ${await qualified(table)} FORMAT TSV`, Buffer.from([0x31, 9, 0xff, 0xfe, 10]))
    expect(response.status).toBe(200)
    expect(await rowsOf(engine.client, `SELECT hex(s) AS h FROM ${table}`)).toEqual([{ h: 'FFFE' }])
  })

  it('takes empty lines for empty strings', async () => {
    const table = await createTable('s String')
    await engine.client.exec({ query: `INSERT INTO ${table} FORMAT TSV`, values: Readable.from(['a\n', '\n', '\n', 'b\n']) })
    expect(await rowsOf(engine.client, `SELECT s FROM ${table} ORDER BY s`)).toEqual([{ s: '' }, { s: '' }, { s: 'a' }, { s: 'b' }])
  })

  it('never reads data as SQL', async () => {
    await engine.client.command({ query: 'CREATE TABLE victim (a UInt8) ENGINE = MergeTree ORDER BY a' })
    const table = await createTable('s String')
    const ends = ['\n\n', ';\n\n', ';\n', '\r\n\r\n', '\0\n\n', ' ;', '\n;\n']
    const formats = { TSV: 'x', CSV: '"x"', JSONEachRow: '{"s":"x"}', JSONCompactEachRow: '["x"]', Values: "('x')" }
    for (const [format, row] of Object.entries(formats)) {
      for (const end of ends) {
        const data = `${row}${end}DROP TABLE ${await qualified('victim')}`
        await (await post(`INSERT INTO ${await qualified(table)} FORMAT ${format}`, data)).text()
        await (await post('', `INSERT INTO ${await qualified(table)} FORMAT ${format}\n${data}`)).text()
      }
    }
    await engine.client.command({ query: `INSERT INTO ${table} VALUES ('y'); DROP TABLE victim` }).catch(() => undefined)
    expect(await rowsOf(engine.client, 'EXISTS victim')).toEqual([{ result: 1 }])
  })

  const qualified = async (table: string): Promise<string> => {
    const [row] = await rowsOf<{ d: string }>(engine.client, 'SELECT currentDatabase() AS d')
    return `${row?.d}.${table}`
  }

  it('takes VALUES, settings in the statement, and columns', async () => {
    const table = await createTable()
    await engine.client.command({ query: `INSERT INTO ${table} (s, a) VALUES ('a;b', 1), ('c''d', 2)` })
    await engine.client.command({ query: `INSERT INTO ${table} (s) SETTINGS max_threads = 1 VALUES ('e')` })
    await engine.client.command({ query: `INSERT INTO ${table} SELECT number, 'f' FROM numbers(2)` })
    expect(await rowsOf(engine.client, `SELECT s FROM ${table} ORDER BY s`)).toEqual(['a;b', "c'd", 'e', 'f', 'f'].map((s) => ({ s })))
  })

  it('writes nothing of an insert that can not be parsed, and names the error', async () => {
    const table = await createTable()
    const values = Readable.from(['1\ta\n', '2\tb\n', 'x\tc\n'], { objectMode: false })
    await expect(engine.client.insert({ table, values, format: 'TabSeparated' })).rejects.toMatchObject({ code: '27' })
    expect(await rowsOf(engine.client, `SELECT a FROM ${table}`)).toEqual([])
    await expect(engine.client.insert({ table: 'missing', values: [{ a: 1 }], format: 'JSONEachRow' })).rejects.toMatchObject({
      code: '60',
    })
  })

  it('stores a repeated token once, also in a view', async () => {
    const window = 'SETTINGS non_replicated_deduplication_window = 100'
    const table = await createTable('a UInt64, s String', window)
    await engine.client.command({ query: `CREATE TABLE ${table}_sums (s String, n UInt64) ENGINE = SummingMergeTree ORDER BY s ${window}` })
    await engine.client.command({
      query: `CREATE MATERIALIZED VIEW ${table}_view TO ${table}_sums AS SELECT s, count() AS n FROM ${table} GROUP BY s`,
    })
    const insert = (token: string, a: number) =>
      engine.client.insert({
        table,
        values: [{ a, s: 'x' }],
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplication_token: token, deduplicate_blocks_in_dependent_materialized_views: 1 },
      })
    await insert('one', 1)
    await insert('one', 1)
    await insert('two', 1)
    expect(await rowsOf(engine.client, `SELECT count() AS n FROM ${table}`)).toEqual([{ n: 2 }])
    expect(await rowsOf(engine.client, `SELECT sum(n) AS n FROM ${table}_sums`)).toEqual([{ n: 2 }])
  })

  it('takes async_insert', async () => {
    const table = await createTable()
    await engine.client.insert({
      table,
      values: [{ a: 1, s: 'x' }],
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 1, wait_for_async_insert: 1 },
    })
    expect(await rowsOf(engine.client, `SELECT a FROM ${table}`)).toEqual([{ a: 1 }])
  })

  it('refuses a body that is not what its encoding says', async () => {
    const table = await qualified(await createTable())
    const whole = gzipSync('1\ta\n2\tb\n')
    const broken = await post(`INSERT INTO ${table} FORMAT TSV`, whole.subarray(0, whole.length - 10), { 'content-encoding': 'gzip' })
    expect(broken.status).not.toBe(200)
    await broken.text()
    expect(await rowsOf(engine.client, `SELECT a FROM ${table}`)).toEqual([])
  })

  it('takes binary formats', async () => {
    const table = await createTable()
    const parquet = await engine.client.exec({ query: `SELECT number AS a, toString(number) AS s FROM numbers(1000) FORMAT Parquet` })
    await engine.client.exec({ query: `INSERT INTO ${table} FORMAT Parquet`, values: parquet.stream })
    expect(await rowsOf(engine.client, `SELECT count() AS n, sum(a) AS s FROM ${table}`)).toEqual([{ n: 1000, s: 499500 }])
  })
})
