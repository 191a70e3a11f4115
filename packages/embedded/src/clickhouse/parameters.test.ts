import { TupleParam } from '@clickhouse/client'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineUnderTest, engineUnderTest, rowsOf } from './engine.fixture.ts'

/** Pieces that end strings, comments and statements when quoting fails. */
const hostile = fc.constantFrom(
  "'",
  "''",
  "\\'",
  '\\',
  '\\\\',
  '"',
  '`',
  '\0',
  '\t',
  '\n',
  '\r',
  '\b',
  '\\0',
  '\\N',
  '\\x41',
  '--',
  '/*',
  '*/',
  ';',
  '#!',
  '$$',
  '{',
  '}',
  '{v:String}',
  '{x:Identifier}',
  "' OR 1=1 --",
  "'; DROP TABLE victim; --",
  '榫',
  '😀',
  '\u2019',
  '\u201c',
  '\ufeff',
  'NULL',
  ' ',
)
const text = fc.oneof(
  fc.array(hostile, { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'grapheme' }),
)

describe('query parameters', { timeout: 120_000 }, () => {
  let engine: EngineUnderTest
  beforeAll(async () => {
    engine = await engineUnderTest()
    await engine.client.command({ query: 'CREATE TABLE victim (a UInt8) ENGINE = MergeTree ORDER BY a' })
  }, 60_000)
  afterAll(() => engine.close())

  const readBack = async (type: string, value: unknown): Promise<unknown> => {
    const rows = await rowsOf<{ v: unknown }>(engine.client, `SELECT {v:${type}} AS v`, { v: value })
    return rows[0]?.v
  }

  it('gives back every string as it was', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        // The text form of a parameter spells NULL this way in ClickHouse itself.
        fc.pre(value !== '\\N')
        expect(await readBack('String', value)).toBe(value)
      }),
      { numRuns: 300 },
    )
  })

  it('gives back arrays, maps and nullable strings as they were', async () => {
    const pair = fc.record({
      list: fc.array(fc.oneof(text, fc.constant(null)), { maxLength: 4 }),
      map: fc.dictionary(text, fc.array(text, { maxLength: 3 }), { maxKeys: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(pair, async ({ list, map }) => {
        fc.pre(!('__proto__' in map) || Object.hasOwn(map, '__proto__'))
        expect(await readBack('Array(Nullable(String))', list)).toEqual(list)
        expect(await readBack('Map(String, Array(String))', new Map(Object.entries(map)))).toEqual(map)
      }),
      { numRuns: 150 },
    )
  })

  it('leaves every other table alone', async () => {
    expect(await rowsOf(engine.client, 'EXISTS victim')).toEqual([{ result: 1 }])
  })

  it('reads each type', async () => {
    expect(await readBack('UInt64', 9007199254740991n)).toBe(9007199254740991)
    expect(await readBack('Float64', -1.5e300)).toBe(-1.5e300)
    expect(await readBack('Bool', true)).toBe(true)
    expect(await readBack('Nullable(UInt8)', null)).toBeNull()
    expect(await readBack('Nullable(String)', null)).toBeNull()
    expect(await readBack('LowCardinality(String)', "a'b")).toBe("a'b")
    expect(await readBack('Date', '2024-02-29')).toBe('2024-02-29')
    expect(await readBack("DateTime('UTC')", new Date('2024-02-29T12:34:56Z'))).toBe('2024-02-29 12:34:56')
    expect(await readBack("DateTime64(3, 'UTC')", new Date('2024-02-29T12:34:56.789Z'))).toBe('2024-02-29 12:34:56.789')
    expect(await readBack('Decimal(18, 2)', '12.34')).toBe(12.34)
    expect(await readBack('UUID', '5f2c2e0a-0000-4000-8000-000000000000')).toBe('5f2c2e0a-0000-4000-8000-000000000000')
    expect(await readBack("Enum8('a' = 1, 'b}' = 2)", 'b}')).toBe('b}')
    expect(await readBack('Array(Array(UInt8))', [[1], [], [2, 3]])).toEqual([[1], [], [2, 3]])
    expect(await readBack('Tuple(UInt8, String)', new TupleParam([1, "x'"]))).toEqual([1, "x'"])
    expect(await readBack('Map(String, UInt64)', { a: 1, "b'": 2 })).toEqual({ a: 1, "b'": 2 })
    expect(await readBack('Map(String, Map(String, Float64))', { a: { b: -0.5 } })).toEqual({ a: { b: -0.5 } })
    expect(await readBack('Array(Map(String, Nullable(String)))', [{ a: null }, {}])).toEqual([{ a: null }, {}])
  })

  it('takes names of tables and columns', async () => {
    const query = 'SELECT {c:Identifier} AS v FROM (SELECT 1 AS {c:Identifier})'
    expect(await rowsOf(engine.client, query, { c: "we`ird ' name" })).toEqual([{ v: 1 }])
    await expect(
      rowsOf(engine.client, 'SELECT * FROM {t:Identifier}', { t: 'victim` WHERE 1; DROP TABLE victim --' }),
    ).rejects.toMatchObject({
      code: '60',
    })
    expect(await rowsOf(engine.client, 'EXISTS victim')).toEqual([{ result: 1 }])
  })

  it('leaves braces in strings and comments alone', async () => {
    const query = `SELECT '{v:String}' AS s, map('{', {v:UInt8}) AS m /* {nope:String} */ -- {nope:String}`
    expect(await rowsOf(engine.client, query, { v: 7 })).toEqual([{ s: '{v:String}', m: { '{': 7 } }])
  })

  it('serves LIMIT, IN, INSERT ... SELECT and settings', async () => {
    await engine.client.command({ query: 'CREATE TABLE target (a UInt8) ENGINE = MergeTree ORDER BY a' })
    await engine.client.command({
      query:
        'INSERT INTO target SELECT number FROM numbers(100) WHERE number IN ({list:Array(UInt8)}) LIMIT {n:UInt32} SETTINGS max_threads = 1',
      query_params: { list: [3, 4, 5], n: 2 },
    })
    expect(await rowsOf(engine.client, 'SELECT a FROM target ORDER BY a')).toEqual([{ a: 3 }, { a: 4 }])
  })

  it('refuses what does not fit, with the codes of ClickHouse', async () => {
    await expect(rowsOf(engine.client, 'SELECT {v:String}')).rejects.toMatchObject({ code: '456', type: 'UNKNOWN_QUERY_PARAMETER' })
    await expect(readBack('UInt8', '1); DROP TABLE victim; --')).rejects.toThrow()
    await expect(readBack('Map(String, UInt8)', "{'a': sleep(3)}")).rejects.toThrow()
    await expect(readBack("String') , (SELECT 1", 'x')).rejects.toThrow()
    expect(await rowsOf(engine.client, 'EXISTS victim')).toEqual([{ result: 1 }])
  })

  it('takes long parameters as a form', async () => {
    const value = `'${'榫\n'.repeat(20_000)}`
    const result = await engine.client.query({
      query: 'SELECT {v:String} AS v',
      query_params: { v: value },
      use_multipart_params: true,
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([{ v: value }])
  })
})
