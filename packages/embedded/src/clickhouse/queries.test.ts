import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineUnderTest, engineUnderTest, eventually, rowsOf } from './engine.fixture.ts'

describe('queries', { timeout: 120_000 }, () => {
  let engine: EngineUnderTest
  beforeAll(async () => {
    engine = await engineUnderTest()
  }, 60_000)
  afterAll(() => engine.close())

  const setting = async (name: string, settings: Record<string, string | number> = {}): Promise<string | undefined> => {
    const result = await engine.client.query({
      query: `SELECT value FROM system.settings WHERE name = '${name}'`,
      clickhouse_settings: settings,
      format: 'JSONEachRow',
    })
    return (await result.json<{ value: string }>())[0]?.value
  }

  it('answers a ping, and a ping that selects', async () => {
    expect(await engine.client.ping()).toEqual({ success: true })
    expect(await engine.client.ping({ select: true })).toEqual({ success: true })
  })

  it('answers in each format', async () => {
    const formats = ['JSON', 'JSONCompact', 'JSONEachRow', 'JSONCompactEachRow', 'CSV', 'CSVWithNames', 'TabSeparated'] as const
    const query = `SELECT number AS n, toString(number) AS s FROM numbers(200000)`
    for (const format of formats) {
      const text = await (await engine.client.query({ query, format })).text()
      if (format === 'JSON' || format === 'JSONCompact') expect(JSON.parse(text).rows).toBe(200_000)
      else expect(text.trimEnd().split('\n')).toHaveLength(format === 'CSVWithNames' ? 200_001 : 200_000)
    }
  })

  it('keeps totals and extremes in their places', async () => {
    const query = 'SELECT number % 2 AS k, count() AS n FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k'
    const result = await engine.client.query({ query, format: 'JSON', clickhouse_settings: { extremes: 1 } })
    expect(await result.json()).toMatchObject({ rows: 2, totals: { k: 0, n: 10 }, extremes: { min: { k: 0 }, max: { k: 1 } } })
    const text = await (await engine.client.query({ query, format: 'TabSeparated' })).text()
    expect(text).toBe('0\t5\n1\t5\n\n0\t10\n')
  })

  it('works in UTC', async () => {
    expect(
      await rowsOf(engine.client, "SELECT toString(toDateTime('2024-07-01 12:00:00')) AS t, toUnixTimestamp('2024-07-01 12:00:00') AS u"),
    ).toEqual([{ t: '2024-07-01 12:00:00', u: 1719835200 }])
  })

  it('applies settings to one query and to no other', async () => {
    const before = await setting('max_block_size')
    expect(await setting('max_block_size', { max_block_size: '123' })).toBe('123')
    expect(await setting('max_block_size')).toBe(before)
    await engine.client.command({ query: 'SET max_block_size = 77' })
    expect(await setting('max_block_size')).toBe(before)
    const values = await Promise.all(
      Array.from({ length: 40 }, (_, i) => setting('max_block_size', i % 2 ? { max_block_size: String(1000 + i) } : {})),
    )
    expect(values).toEqual(Array.from({ length: 40 }, (_, i) => (i % 2 ? String(1000 + i) : before)))
  })

  it('does not keep the database of another query', async () => {
    const other = engine.connect({ database: 'system' })
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const client = i % 2 ? other : engine.client
        const [row] = await rowsOf<{ d: string }>(client, 'SELECT currentDatabase() AS d')
        expect(row?.d === 'system').toBe(i % 2 === 1)
      }),
    )
    await engine.client.command({ query: 'USE system' })
    expect(await rowsOf(engine.client, 'SELECT currentDatabase() AS d')).not.toEqual([{ d: 'system' }])
  })

  it('tells errors as ClickHouse does', async () => {
    const cases: [string, Record<string, string | number>, { code: string; type: string }][] = [
      ['SELEC 1', {}, { code: '62', type: 'SYNTAX_ERROR' }],
      ['SELECT * FROM missing', {}, { code: '60', type: 'UNKNOWN_TABLE' }],
      ['SELECT missing', {}, { code: '47', type: 'UNKNOWN_IDENTIFIER' }],
      ['SELECT missing()', {}, { code: '46', type: 'UNKNOWN_FUNCTION' }],
      ['SELECT 1', { missing_setting: 1 }, { code: '115', type: 'UNKNOWN_SETTING' }],
      ['SELECT throwIf(1)', {}, { code: '395', type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' }],
      ['SELECT uniqExact(number) FROM numbers(10000000)', { max_memory_usage: '1000000' }, { code: '241', type: 'MEMORY_LIMIT_EXCEEDED' }],
      [
        'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1',
        { max_execution_time: 1 },
        { code: '159', type: 'TIMEOUT_EXCEEDED' },
      ],
      ['CREATE TABLE x (a UInt8) ENGINE = Memory', { readonly: '1' }, { code: '164', type: 'READONLY' }],
      ['SELECT 1 FROM numbers(100) SETTINGS max_result_rows = 10', {}, { code: '396', type: 'TOO_MANY_ROWS_OR_BYTES' }],
    ]
    for (const [query, settings, expected] of cases) {
      for (const format of ['JSON', 'JSONEachRow'] as const) {
        await expect(engine.client.query({ query, clickhouse_settings: settings, format }), query).rejects.toMatchObject(expected)
      }
    }
  })

  it('runs one statement only', async () => {
    await engine.client.command({ query: 'CREATE TABLE victim (a UInt8) ENGINE = MergeTree ORDER BY a' })
    const attacks = [
      'SELECT 1; DROP TABLE victim',
      'SET max_threads = 1; DROP TABLE victim',
      "SELECT ';'; DROP TABLE victim",
      'SHOW TABLES;/**/DROP TABLE victim',
    ]
    for (const query of attacks) {
      await expect(engine.client.command({ query }), query).rejects.toMatchObject({ code: '62' })
      await expect(engine.client.query({ query, format: 'JSON' }), query).rejects.toMatchObject({ code: '62' })
    }
    expect(await rowsOf(engine.client, 'EXISTS victim;')).toEqual([{ result: 1 }])
  })

  it('gives back the query id, and runs under it', async () => {
    const result = await engine.client.query({ query: 'SELECT 1', query_id: 'an-id.1' })
    await result.text()
    expect(result.query_id).toBe('an-id.1')
    expect(result.response_headers['x-clickhouse-query-id']).toBe('an-id.1')
  })

  it('stops a query that its client gave up, also while it is planned', async () => {
    const slow = [
      'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1',
      'SELECT (SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 2)',
    ]
    for (const [index, query] of slow.entries()) {
      const running = `SELECT count() AS n FROM system.processes WHERE query LIKE '%sipHash64(number) = ${index + 1}%' AND query NOT LIKE '%system.processes%'`
      const controller = new AbortController()
      const answer = engine.client.query({
        query,
        abort_signal: controller.signal,
        format: 'JSONEachRow',
        clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
      })
      const given = expect(answer).rejects.toThrow()
      await eventually(async () => ((await rowsOf<{ n: number }>(engine.client, running))[0]?.n ? true : undefined))
      controller.abort()
      await given
      await eventually(async () => ((await rowsOf<{ n: number }>(engine.client, running))[0]?.n === 0 ? true : undefined))
    }
  })

  it('keeps nothing of queries that their clients gave up at any moment', async () => {
    for (let index = 0; index < 40; index += 1) {
      const controller = new AbortController()
      const query = `SELECT number, repeat('x', 100) AS given_up FROM numbers(300000)`
      const answer = engine.client.query({ query, format: 'JSONEachRow', abort_signal: controller.signal }).catch(() => undefined)
      setTimeout(() => controller.abort(), index % 26)
      await answer
    }
    const running = `SELECT count() AS n FROM system.processes WHERE query LIKE '%given_up%' AND query NOT LIKE '%system.processes%'`
    await eventually(async () => ((await rowsOf<{ n: number }>(engine.client, running))[0]?.n === 0 ? true : undefined))
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => rowsOf(engine.client, 'SELECT {i:UInt8} AS i', { i })))
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => [{ i }]))
  })

  it('serves others while a query is planned and run', async () => {
    const controller = new AbortController()
    const slow = engine.client
      .query({ query: 'SELECT (SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 3)', abort_signal: controller.signal })
      .catch(() => undefined)
    for (let i = 0; i < 20; i += 1) expect(await rowsOf(engine.client, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    controller.abort()
    await slow
  })

  it('answers twenty at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => rowsOf(engine.client, 'SELECT {i:UInt8} AS i, count() AS n FROM numbers(1000000)', { i })),
    )
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => [{ i, n: 1_000_000 }]))
  })

  it('streams a million rows, compressed as well', async () => {
    for (const client of [engine.client, engine.connect({ compression: { response: true } })]) {
      const result = await client.query({ query: "SELECT number, repeat('x', 100) AS s FROM numbers(1000000)", format: 'JSONEachRow' })
      let sum = 0
      for await (const rows of result.stream<{ number: number }>()) for (const row of rows) sum += row.json().number
      expect(sum).toBe(499999500000)
    }
  })

  it('stops a stream that is no longer read', async () => {
    const result = await engine.client.query({ query: 'SELECT number AS marked_4 FROM numbers(100000000000)', format: 'JSONEachRow' })
    const stream = result.stream()
    for await (const rows of stream) if (rows.length > 0) break
    result.close()
    const running = "SELECT count() AS n FROM system.processes WHERE query LIKE '%marked_4%' AND query NOT LIKE '%system.processes%'"
    await eventually(async () => ((await rowsOf<{ n: number }>(engine.client, running))[0]?.n === 0 ? true : undefined))
  })

  it('tells an error in the midst of a stream', async () => {
    for (const client of [engine.client, engine.connect({ compression: { response: true } })]) {
      const result = await client.query({
        query: 'SELECT throwIf(number = 3000000) AS t FROM numbers(5000000)',
        format: 'JSONEachRow',
        clickhouse_settings: { max_threads: 1 },
      })
      let rowsSeen = 0
      const read = async () => {
        for await (const rows of result.stream()) rowsSeen += rows.length
      }
      await expect(read()).rejects.toMatchObject({ code: '395', type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' })
      expect(rowsSeen).toBeGreaterThan(0)
      expect(rowsSeen).toBeLessThan(3_000_001)
    }
  })
})
