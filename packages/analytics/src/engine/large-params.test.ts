import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics } from '../analytics.fixture.ts'
import { openEngine } from './engine.ts'
import { inFields, inText } from './large-params.ts'
import { batch, interactive } from './limits.ts'
import { bindWorkspace } from './workspace-query.ts'

const analytics = migratedAnalytics()
const ids = Array.from({ length: 30_000 }, (_, index) => 9_000_000_000_000_000 + index)
const words = Array.from({ length: 500 }, (_, index) => `${index} ${"榫'\\\t\n\0".repeat(80)}`)

async function withEngine<T>(run: (engine: ReturnType<typeof openEngine>) => Promise<T>): Promise<T> {
  const engine = openEngine({ clickhouseUrl: analytics.clickhouseUrl })
  try {
    return await run(engine)
  } finally {
    await engine.close()
  }
}

describe('a list beyond what a field of a form holds', () => {
  it('is cut between its values, and comes together in the same order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('x'.repeat(40_000)), fc.constant("'".repeat(70_000)))),
        (list) => {
          const { sql, params } = inFields({ sql: 'f({list:Array(String)}, {one:String})', params: { list, one: 'a' } })
          const lists = Object.entries(params).filter(([name]) => name !== 'one')
          expect(lists.flatMap(([, value]) => value)).toEqual(list)
          const names = lists.map(([name]) => `{${name}:Array(String)}`)
          expect(sql).toBe(`f(${names.length === 1 ? names[0] : `arrayConcat(${names.join(', ')})`}, {one:String})`)
        },
      ),
    )
  })

  it('is answered wherever it stands, in a query and in a statement', () =>
    withEngine(async (engine) => {
      const query = bindWorkspace(engine, 'here')
      const sql = `SELECT {workspace:String} AS workspace, length({ids:Array(UInt64)}) AS n, length(arrayStringConcat({words:Array(String)})) AS bytes,
  transform(toUInt64(9000000000029999), {ids:Array(UInt64)}, {others:Array(UInt64)}, toUInt64(0)) AS other,
  (SELECT count() FROM numbers(9000000000000000, 40000) WHERE number IN {ids:Array(UInt64)}) AS among,
  (SELECT count() FROM (SELECT arrayJoin({words:Array(String)}) AS word) WHERE word IN {words:Array(String)}) AS said`
      const params = { ids, others: ids.toReversed(), words }
      const expected = {
        ...{ workspace: 'here', n: 30_000, bytes: Buffer.byteLength(words.join('')) },
        ...{ other: 9_000_000_000_000_000, among: 30_000, said: 500 },
      }
      expect(await query.rows({ operation: 'x', sql, params })).toEqual([expected])
      const long = `${sql} /* ${'x'.repeat(130_000)} */`
      expect(await query.rows({ operation: 'x', sql: long, params })).toEqual([expected])
      const text: Uint8Array[] = []
      const asked = 'SELECT length({ids:Array(UInt64)}), length(arrayStringConcat({words:Array(String)}))'
      for await (const piece of engine.lines({ operation: 'x', sql: asked, params: { ids, words }, limits: interactive })) text.push(piece)
      expect(Buffer.concat(text).toString()).toBe(`30000\t${expected.bytes}\n`)
    }))

  it('names whom a query about people asks for, and whose rows a squash rewrites', async () => {
    const workspace = analytics.workspace()
    await analytics.store.insertEvents([event(workspace, ids[7] ?? 0), event(workspace, ids[29_999] ?? 0)], { token: 'large' })
    const own = analytics.store.in(workspace)
    expect([...(await own.traits(ids)).keys()].length).toBeLessThanOrEqual(2)
    const moves = ids.slice(0, 20_000).map((from) => ({ from, into: from + 100_000, stored: [] }))
    await analytics.store.squashPersons({ workspace, moves })
    await withEngine(async (engine) => {
      const rows = await bindWorkspace(engine, workspace).rows({
        operation: 'x',
        sql: 'SELECT person FROM events WHERE workspace = {workspace:String} AND profile IN {ids:Array(UInt64)} ORDER BY profile',
        params: { ids },
        limits: batch,
      })
      expect(rows).toEqual([{ person: (ids[7] ?? 0) + 100_000 }, { person: ids[29_999] }])
    })
  })
})

it('lists in a text are constants of their type, whatever they hold', () => {
  const params = { words: ["it's \\ \0"], ids: [1, 2], none: [], one: 'a' }
  expect(inText({ sql: '{words:Array(String)} {ids:Array(UInt64)} {none:Array(UInt64)} {one:String}', params })).toEqual({
    sql: "CAST(['it\\'s \\\\ \\0'], 'Array(String)') CAST([1,2], 'Array(UInt64)') CAST([], 'Array(UInt64)') {one:String}",
    params: { one: 'a' },
  })
})
