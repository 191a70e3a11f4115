import { describe, expect, it } from 'vitest'
import { insertFromFile, parseInsert } from './insert-statement.ts'
import { parseStatement } from './statement.ts'

describe('parseStatement', () => {
  it.each([
    ['SELECT 1', undefined],
    ['SELECT 1 FORMAT JSON', 'JSON'],
    ['SELECT 1 format CSV -- the end', 'CSV'],
    ['SELECT 1 FORMAT JSON SETTINGS max_threads = 1, x = 2 ;; ', 'JSON'],
    ["SELECT 'FORMAT JSON'", undefined],
    ['SELECT format FROM t', undefined],
    ['SELECT 1 AS format FORMAT TSV', 'TSV'],
  ])('reads the format of %s', (sql, format) => {
    expect(parseStatement(sql).format).toBe(format)
  })

  it('cuts off what means nothing', () => {
    expect(parseStatement(" SELECT ';' ; -- ;\n /* ; */ ; ").sql).toBe(" SELECT ';'")
  })

  it.each(['', ' ; ', '-- SELECT 1', '/* SELECT 1'])('refuses the empty query %j', (sql) => {
    expect(() => parseStatement(sql)).toThrow(/Empty query/)
  })

  it.each(['SELECT 1; SELECT 2', "SELECT ''';' ; DROP TABLE t", 'SELECT 1;/**/x', "SELECT '\\\\'; DROP TABLE t --'"])(
    'refuses %j',
    (sql) => {
      expect(() => parseStatement(sql)).toThrow(/Multi-statements are not allowed/)
    },
  )
})

describe('parseInsert', () => {
  const taken = (sql: string) => {
    const insert = parseInsert(sql)
    return insert && [insertFromFile(insert, 'f').replace(/\s+/g, ' '), insert.inlineData]
  }

  it.each([
    ['INSERT INTO t FORMAT TSV', "INSERT INTO t FROM INFILE 'f' FORMAT TSV", ''],
    [
      'insert into table db.`t;` (a, format, "values") format CSV\n1,2\n',
      'insert into table db.`t;` (a, format, "values") FROM INFILE \'f\' FORMAT CSV',
      '1,2\n',
    ],
    [
      'INSERT INTO values (settings) SETTINGS a = 1, b = 2 VALUES (1); DROP',
      "INSERT INTO values (settings) FROM INFILE 'f' SETTINGS a = 1, b = 2 FORMAT Values",
      '(1); DROP',
    ],
    ["INSERT INTO FUNCTION null('a UInt8') VALUES (1)", "INSERT INTO FUNCTION null('a UInt8') FROM INFILE 'f' FORMAT Values", '(1)'],
  ])('takes %j apart', (sql, statement, data) => {
    expect(taken(sql)).toEqual([statement, data])
  })

  it.each([
    'SELECT 1 FORMAT TSV',
    'INSERT INTO t SELECT 1',
    'INSERT INTO t (a) WITH 1 AS x SELECT x',
    "INSERT INTO t FROM INFILE 'x' FORMAT TSV",
    'INSERT INTO t; DROP TABLE t FORMAT TSV',
    'INSERT',
  ])('leaves %j as it is', (sql) => {
    expect(parseInsert(sql)).toBeUndefined()
  })
})
