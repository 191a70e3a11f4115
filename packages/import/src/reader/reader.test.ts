import { readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codesOf, type ReaderUnderTest, readerUnderTest, rowsOf } from './reader.fixture.ts'

let test: ReaderUnderTest
beforeAll(async () => {
  test = await readerUnderTest()
})
afterAll(() => test?.close())

const read: ReaderUnderTest['read'] = (...args) => test.read(...args)

describe('csv', () => {
  it('is read with quotes, both ends of lines, a byte order mark, blank and last lines', async () => {
    await test.write('plain.csv', '\ufeffid,name,note\r\n1,"a ""q"", b","x\ny"\r\n\r\n2,,\\N\r\n3,"",c')
    const found = await read({ file: 'plain.csv' })
    expect(rowsOf(found)).toEqual([
      { id: '1', name: 'a "q", b', note: 'x\ny' },
      { id: '2', name: '', note: '\\N' },
      { id: '3', name: '', note: 'c' },
    ])
    expect(codesOf(found)).toEqual(['BLANK_ROW'])
  })

  it('keeps good rows apart from ragged and broken ones', async () => {
    await test.write('ragged.csv', 'a,b\n1,2\n3\n4,5,6,7\n"8"x,9\n10,11\n')
    const found = await read({ file: 'ragged.csv' })
    expect(rowsOf(found)).toEqual([
      { a: '1', b: '2' },
      { a: '10', b: '11' },
    ])
    expect(codesOf(found)).toEqual(['RAGGED_ROW', 'RAGGED_ROW', 'UNPARSABLE_ROW'])
    expect(found.at(-1)).toMatchObject({ raw: '"8"x,9' })
  })

  it('goes on from a row', async () => {
    await test.write('many.csv', `n\n${Array.from({ length: 20_000 }, (_, index) => index).join('\n')}\n`)
    const rest = rowsOf(await read({ file: 'many.csv' }, { rows: 19_990 }))
    expect(rest.map(({ n }) => Number(n))).toEqual(Array.from({ length: 10 }, (_, index) => 19_990 + index))
    expect(rowsOf(await read({ file: 'many.csv' }))).toHaveLength(20_000)
    expect(rowsOf(await read({ file: 'many.csv' }, { limit: 3 }))).toEqual([{ n: '0' }, { n: '1' }, { n: '2' }])
  })

  it('knows delimiters, files without a header, columns of one name', async () => {
    await test.write('semi.csv', 'a;b;a;\n1;2;3;4\n')
    expect(rowsOf(await read({ file: 'semi.csv', delimiter: ';' }))).toEqual([{ a: '1', b: '2', a_2: '3', c4: '4' }])
    await test.write('tabs.tsv', '1\tx y\n')
    expect(rowsOf(await read({ file: 'tabs.tsv', header: false }))).toEqual([{ c1: '1', c2: 'x y' }])
  })

  it('reads other encodings when it is told, and says so when it is not', async () => {
    await test.write('latin.csv', Buffer.from('name\nM\u00fcller\nok\n', 'latin1'))
    const found = await read({ file: 'latin.csv' })
    expect(codesOf(found)).toEqual(['WRONG_ENCODING'])
    expect(rowsOf(found)).toEqual([{ name: 'ok' }])
    expect(rowsOf(await read({ file: 'latin.csv', encoding: 'iso-8859-1' }))).toEqual([{ name: 'Müller' }, { name: 'ok' }])
    await test.write('utf16.csv', Buffer.from('\ufeffname\nx\n', 'utf16le'))
    await expect(read({ file: 'utf16.csv' })).rejects.toMatchObject({
      code: 'TENON_IMPORT_UNREADABLE',
      message: expect.stringContaining('UTF-16'),
    })
  })

  it('takes 10,000 columns and no more', async () => {
    const wide = (columns: number) =>
      `${Array.from({ length: columns }, (_, index) => `h${index}`).join(',')}\n${Array.from({ length: columns }, () => 'v').join(',')}\n`
    await test.write('wide.csv', wide(10_000))
    const [row = {}] = rowsOf(await read({ file: 'wide.csv' }))
    expect(Object.keys(row)).toHaveLength(10_000)
    await test.write('wider.csv', wide(10_001))
    await expect(read({ file: 'wider.csv' })).rejects.toMatchObject({ code: 'TENON_IMPORT_UNREADABLE' })
  })

  it('lets no cell fill the memory', async () => {
    await test.write('huge.csv', `a,b\n1,${'x'.repeat(300_000)}\n2,small\n`)
    const found = await read({ file: 'huge.csv' })
    expect(codesOf(found)).toEqual(['CELL_TOO_LARGE'])
    expect(JSON.stringify(found[0]).length).toBeLessThan(5_000)
    expect(rowsOf(found)).toEqual([{ a: '2', b: 'small' }])
  })

  it('that never closes a quote is one row that fails, or an error, and never a hang', async () => {
    await test.write('open.csv', `a,b\n1,"open\n${'2,x\n'.repeat(1_000)}`)
    expect(rowsOf(await read({ file: 'open.csv' }).catch(() => []))).not.toHaveLength(1_001)
  })

  it('of nothing, or of a header alone, has no rows', async () => {
    await test.write('empty.csv', '')
    await test.write('head.csv', 'a,b\n')
    expect(await read({ file: 'empty.csv' })).toEqual([])
    expect(await read({ file: 'head.csv' })).toEqual([])
  })

  it('with more faults than allowed is an error', async () => {
    await test.write('faults.csv', `a,b\n${'"x"y,1\n'.repeat(20)}`)
    await expect(read({ file: 'faults.csv' }, { maxFaults: 10 })).rejects.toMatchObject({ code: 'TENON_IMPORT_UNREADABLE' })
    expect(codesOf(await read({ file: 'faults.csv' }, { maxFaults: 20 }))).toHaveLength(20)
  })
})

describe('archives', () => {
  it('are unpacked on the way', async () => {
    await test.write('a.csv.gz', gzipSync('n\n1\n2\n'))
    await test.write('a.ndjson.zst', zstdCompressSync('{"n":1}\n{"n":2}\n'))
    expect(rowsOf(await read({ file: 'a.csv.gz' }))).toEqual([{ n: '1' }, { n: '2' }])
    expect(rowsOf(await read({ file: 'a.ndjson.zst' }))).toEqual([{ n: 1 }, { n: 2 }])
  })

  it.each([
    ['one line', 'gz', gzipSync],
    ['one line', 'zst', zstdCompressSync],
    ['many lines', 'gz', gzipSync],
  ] as const)('that are bombs of %s are refused: %s', async (shape, ending, pack) => {
    const bytes = Buffer.alloc(160 * 1024 * 1024, shape === 'one line' ? 'a' : 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n')
    await test.write(`bomb.csv.${ending}`, pack(bytes))
    await expect(read({ file: `bomb.csv.${ending}` })).rejects.toMatchObject({ code: 'TENON_IMPORT_UNREADABLE' })
  })

  it('that are none, or end too early, are errors', async () => {
    await test.write('none.csv.gz', 'not packed at all')
    await test.write('cut.csv.gz', gzipSync('n\n'.repeat(100_000)).subarray(0, 100))
    await expect(read({ file: 'none.csv.gz' })).rejects.toMatchObject({ code: 'TENON_IMPORT_UNREADABLE' })
    await expect(read({ file: 'cut.csv.gz' })).rejects.toMatchObject({ code: 'TENON_IMPORT_UNREADABLE' })
  })
})

describe('json', () => {
  it('in lines keeps nesting and long numbers, and good lines apart from others', async () => {
    await test.write(
      'a.ndjson',
      '\ufeff{"id":12345678901234567890,"n":{"b":[1,{"c":2}]},"t":"9007199254740993 stays"}\n{bad\n\n[1]\n{"id":2}',
    )
    const found = await read({ file: 'a.ndjson' })
    expect(rowsOf(found)).toEqual([{ id: '12345678901234567890', n: { b: [1, { c: 2 }] }, t: '9007199254740993 stays' }, { id: 2 }])
    expect(codesOf(found)).toEqual(['UNPARSABLE_ROW', 'BLANK_ROW', 'UNPARSABLE_ROW'])
    expect(rowsOf(await read({ file: 'a.ndjson' }, { rows: 4 }))).toEqual([{ id: 2 }])
  })

  it('in one array', async () => {
    await test.write('a.json', '[{"a":1},\n {"a":{"b":"x,y"}}]')
    expect(rowsOf(await read({ file: 'a.json' }))).toEqual([{ a: 1 }, { a: { b: 'x,y' } }])
    expect(rowsOf(await read({ file: 'a.json' }, { rows: 1 }))).toEqual([{ a: { b: 'x,y' } }])
  })

  it('nested without end is a row that fails', async () => {
    await test.write('deep.ndjson', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}\n{"ok":true}\n`)
    const found = await read({ file: 'deep.ndjson' })
    expect(codesOf(found)).toEqual(['ROW_TOO_DEEP'])
    expect(rowsOf(found)).toEqual([{ ok: true }])
  })
})

describe('parquet', () => {
  const make = async (name: string, select: string) => {
    await test.write(name, '')
    const link = await test.reader.link(join(test.folder, name))
    const settings = { engine_file_truncate_on_insert: 1 }
    for await (const _ of test.reader.rows({ sql: `INSERT INTO FUNCTION file('${link}', 'Parquet') ${select}`, settings }));
  }

  it('keeps the types of its columns', async () => {
    const columns = [
      "toInt64(9007199254740993) AS big, toUInt8(7) AS small, 'ü' AS text, toDateTime64('2024-01-02 03:04:05.678', 3, 'UTC') AS at",
      "toDecimal64(1.10, 2) AS price, [1, 2] AS list, map('k', 'v') AS dict, tuple(1, 'b')::Tuple(x UInt8, y String) AS pair",
      "toDate('2024-02-03') AS day, NULL::Nullable(Int32) AS none, number AS `od``d`",
    ]
    await make('types.parquet', `SELECT ${columns.join(', ')} FROM numbers(3)`)
    const rows = rowsOf(await read({ file: 'types.parquet' }))
    expect(rows[1]).toEqual({
      ...{ big: '9007199254740993', small: 7, text: 'ü', at: '2024-01-02T03:04:05.678Z', price: 1.1, list: [1, 2], dict: { k: 'v' } },
      ...{ pair: { x: 1, y: 'b' }, day: '2024-02-03', none: null, 'od`d': 1 },
    })
  })

  it('goes on from a row, in order over row groups', async () => {
    await make('groups.parquet', 'SELECT number AS n FROM numbers(50000) SETTINGS output_format_parquet_row_group_size = 1000')
    const all = rowsOf(await read({ file: 'groups.parquet' })).map(({ n }) => Number(n))
    expect(all).toEqual(Array.from({ length: 50_000 }, (_, index) => index))
    expect(rowsOf(await read({ file: 'groups.parquet' }, { rows: 49_998 })).map(({ n }) => n)).toEqual([49_998, 49_999])
  })

  it('cut short, or of other bytes, is an error', async () => {
    await make('whole.parquet', 'SELECT number AS n, toString(number) AS s FROM numbers(10000)')
    const whole = await readFile(join(test.folder, 'whole.parquet'))
    await test.write('cut.parquet', whole.subarray(0, whole.length / 2))
    const spoiled = Buffer.from(whole)
    spoiled.fill(0xff, 100, 2_000)
    await test.write('spoiled.parquet', spoiled)
    for (const file of ['cut.parquet', 'spoiled.parquet'])
      await expect(read({ file })).rejects.toMatchObject({ code: 'TENON_IMPORT_UNREADABLE' })
    expect(rowsOf(await read({ file: 'whole.parquet' }))).toHaveLength(10_000)
  })
})

describe('what may be opened', () => {
  it.each([
    ['/etc/passwd', '/etc/passwd'],
    ['dots', '../secret.csv'],
    ['dots within', 'a/../../secret.csv'],
    ['a link that leads out', 'link.csv'],
    ['a folder', 'folder'],
    ['nothing', 'missing.csv'],
  ])('is in the import folder, not %s', async (_, file) => {
    await test.write('../secret.csv', 'a\n1\n')
    await test.write('folder/x.csv', 'a\n1\n')
    await symlink('../secret.csv', join(test.folder, 'link.csv')).catch(() => undefined)
    await expect(read({ file, format: 'csv' })).rejects.toMatchObject({ code: 'TENON_IMPORT_REFUSED' })
  })

  it('may have a name that the engine would take for a pattern', async () => {
    await test.write("{a,b}*?'x.csv", 'a\n1\n')
    expect(rowsOf(await read({ file: "{a,b}*?'x.csv" }))).toEqual([{ a: '1' }])
  })

  it.each(['http://127.0.0.1:1/x.csv', 'http://169.254.169.254/latest/x.csv', 'file:///etc/passwd', 'ftp://files.test/x.csv'])(
    'is not %s',
    async (url) => {
      test.rights = { ...test.rights, hosts: ['files.test'] }
      await expect(read({ url })).rejects.toMatchObject({ code: 'TENON_IMPORT_REFUSED' })
    },
  )

  it('tells nothing of where the reader works', async () => {
    await test.write('bad.parquet', 'PAR1 nonsense')
    const error = await read({ file: 'bad.parquet' }).catch((thrown: Error) => thrown)
    expect(String(error)).toContain('bad.parquet')
    expect(String(error)).not.toMatch(/spool|\.link|engine/)
  })
})
