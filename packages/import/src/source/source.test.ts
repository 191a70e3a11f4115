import { describe, expect, it } from 'vitest'
import { allowedObject, allowedUrl, type ImportRights } from './allowed.ts'
import { readConnections } from './connections.ts'
import { formOf } from './format-of.ts'
import { quoteIdentifier, quoteText, tableQuery } from './remote-sql.ts'
import { sourceSchema } from './source.ts'

const fail = (variable: string, problem: string): never => {
  throw new Error(`${variable}: ${problem}`)
}

describe('connections', () => {
  it('come from the environment', () => {
    const connections = readConnections(
      {
        ...{ TENON_IMPORT_SHOP: 'postgres://reader:p%40ss@db.test/shop', TENON_IMPORT_OLD_SHOP: 'mysql://root@db.test:3307/old' },
        ...{
          TENON_IMPORT_LAKE: 's3://AK:SK%2F1@s3.eu-central-1.amazonaws.com/my-lake',
          TENON_IMPORT_HOSTS: 'x.test',
          TENON_IMPORTS: '/x',
          PATH: '/bin',
        },
      },
      fail,
    )
    expect([...connections]).toEqual([
      ['shop', { kind: 'postgres', host: 'db.test', port: 5432, database: 'shop', user: 'reader', password: 'p@ss' }],
      ['old_shop', { kind: 'mysql', host: 'db.test', port: 3307, database: 'old', user: 'root', password: '' }],
      ['lake', { kind: 's3', endpoint: 'https://s3.eu-central-1.amazonaws.com', bucket: 'my-lake', accessKey: 'AK', secretKey: 'SK/1' }],
    ])
  })

  it.each(['nonsense', 'file:///etc/passwd', 'postgres://u:geheim@h', 's3://k:geheim@h/a/b', 'redis://u:geheim@h/1'])(
    'that make no sense end the start, and are not repeated: %s',
    (value) => {
      const thrown = (() => {
        try {
          return readConnections({ TENON_IMPORT_X: value }, fail)
        } catch (error) {
          return String(error)
        }
      })()
      expect(thrown).toContain('TENON_IMPORT_X')
      expect(thrown).not.toContain('geheim')
    },
  )
})

describe('what may be asked for', () => {
  const rights: ImportRights = { folder: '/x', uploads: '/y', hosts: ['files.test', 'files.test:8080'], connections: new Map() }

  it.each(['https://files.test/a.csv', 'http://files.test:8080/a.csv?token=1', 'https://FILES.test:443/a%20b.csv'])('is %s', (url) => {
    expect(allowedUrl(rights, url)).toContain('files.test')
  })

  it.each([
    'http://files.test:22/a.csv',
    'https://files.test.evil.test/a.csv',
    'https://user:password@files.test/a.csv',
    'https://files.test@evil.test/a.csv',
    'https://files.test/{1..100}.csv',
    'https://files.test/%7B1..100%7D.csv',
    'gopher://files.test/',
    '//files.test/a.csv',
  ])('is not %s', (url) => {
    expect(() => allowedUrl(rights, url)).toThrow(expect.objectContaining({ code: 'TENON_IMPORT_REFUSED' }))
  })

  it.each(['/a', '../other/a.csv', 'a/./b', 'a?x=1', 'a#b', 'a%2e%2e/b', 'a\\b', 'a\nb'])('is no object called %j', (name) => {
    expect(() => allowedObject(name)).toThrow(expect.objectContaining({ code: 'TENON_IMPORT_REFUSED' }))
  })

  it('is one thing at a time, with nothing unknown', () => {
    expect(sourceSchema.safeParse({ file: 'a.csv', url: 'https://x.test' }).success).toBe(false)
    expect(sourceSchema.safeParse({ connection: 'shop', table: 't' }).success).toBe(false)
    expect(sourceSchema.safeParse({ connection: 'shop', table: 't', key: 'id', password: 'x' }).success).toBe(false)
  })
})

it.each([
  ['a.csv', 'csv', 'none'],
  ['A.TSV.GZ', 'csv', 'gz'],
  ['a.jsonl.zst', 'ndjson', 'zst'],
  ['a.b.parquet', 'parquet', 'none'],
  ['a.exe', undefined, undefined],
])('the format of %s', (name, format, compression) => {
  const form = formOf({ file: name }, name)
  expect([form?.format, form?.compression]).toEqual([format, compression])
})

describe('the SQL of other servers', () => {
  it('has names and texts that end where they end', () => {
    expect(quoteIdentifier('postgres', 'a"; drop table b; --')).toBe('"a""; drop table b; --"')
    expect(quoteIdentifier('mysql', 'a`b\\')).toBe('`a``b\\`')
    expect(quoteText('postgres', "it's \\' or")).toBe("E'it''s \\\\'' or'")
    expect(quoteText('mysql', "'\\")).toBe('_utf8mb4 0x275c')
    expect(quoteText('mysql', '')).toBe("''")
    expect(() => quoteText('postgres', 'a\0b')).toThrow(RangeError)
    expect(() => tableQuery('postgres', { table: 't', key: 'k', from: { value: '1 or 1=1', numeric: true } })).toThrow(RangeError)
    expect(tableQuery('postgres', { table: 't', schema: 's', key: 'k', from: { value: '7', numeric: true }, limit: 3 })).toBe(
      'select * from "s"."t" where "k" >= 7 order by "k" limit 3',
    )
  })
})
