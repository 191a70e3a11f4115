import { describe, expect, expectTypeOf, it } from 'vitest'
import { migratedAnalytics } from '../analytics.fixture.ts'
import { AnalyticsFailed, AnalyticsLimit, AnalyticsUnbound } from '../errors.ts'
import { openEngine } from './engine.ts'
import { bindWorkspace, type Params } from './workspace-query.ts'

const analytics = migratedAnalytics()
const bound = '{workspace:String} AS workspace'

async function withQuery<T>(run: (query: ReturnType<typeof bindWorkspace>) => Promise<T>): Promise<T> {
  const engine = openEngine({ clickhouseUrl: analytics.clickhouseUrl })
  try {
    return await run(bindWorkspace(engine, 'here'))
  } finally {
    await engine.close()
  }
}

describe('a query', () => {
  it('runs in its workspace, which no parameter can name', () =>
    withQuery(async (query) => {
      expect(await query.rows({ operation: 'x', sql: `SELECT ${bound}` })).toEqual([{ workspace: 'here' }])
      expectTypeOf<{ readonly workspace: string }>().not.toExtend<Params>()
      const forged = JSON.parse('{"workspace": "there"}')
      expect(await query.rows({ operation: 'x', sql: `SELECT ${bound}`, params: forged })).toEqual([{ workspace: 'here' }])
    }))

  it('is not run without one', () =>
    withQuery(async (query) => {
      await expect(query.rows({ operation: 'x', sql: 'SELECT 1' })).rejects.toSatisfy(AnalyticsUnbound.is)
    }))

  it('is bounded in time, memory and rows, with the name of the limit', () =>
    withQuery(async (query) => {
      const limits = { seconds: 1, memoryBytes: 50_000_000, resultRows: 1_000 }
      const limitOf = (sql: string): Promise<unknown> =>
        query.rows({ operation: 'x', sql: `${sql} WHERE {workspace:String} != ''`, limits }).then(
          () => 'none',
          (error: unknown) => (AnalyticsLimit.is(error) ? error.details.limit : error),
        )
      expect(await limitOf('SELECT count() FROM numbers(100000000000) AS n')).toBe('time')
      expect(await limitOf('SELECT length(groupArray(number)) FROM numbers(1000000000)')).toBe('memory')
      expect(await limitOf('SELECT number FROM numbers(2000)')).toBe('rows')
    }))

  it('that the engine refuses says so with the code of the engine', () =>
    withQuery(async (query) => {
      const refused = query.rows({ operation: 'x', sql: 'SELECT nothing, {workspace:String}' })
      await expect(refused).rejects.toSatisfy((error) => AnalyticsFailed.is(error) && error.details.engineCode === '47')
    }))

  it('takes parameters of a hundred thousand values', () =>
    withQuery(async (query) => {
      const ids = Array.from({ length: 100_000 }, (_, index) => index)
      const sql = `SELECT count() AS n, ${bound} FROM numbers(200000) WHERE number IN (SELECT arrayJoin({ids:Array(UInt64)}))`
      expect(await query.rows({ operation: 'x', sql, params: { ids } })).toEqual([{ n: 100_000, workspace: 'here' }])
    }))

  it('ends when its signal fires, before, while and between', () =>
    withQuery(async (query) => {
      const reason = new Error('nobody waits any more')
      const sql = 'SELECT sleepEachRow(0.01) AS s, {workspace:String} FROM numbers(100000) SETTINGS max_block_size = 1'
      await expect(query.rows({ operation: 'x', sql, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      const controller = new AbortController()
      const read = query.rows({ operation: 'x', sql, signal: controller.signal })
      setImmediate(() => controller.abort(reason))
      await expect(read).rejects.toBe(reason)
      const between = new AbortController()
      const pages = query.pages({ operation: 'x', sql: `SELECT number, ${bound} FROM numbers(150000)`, signal: between.signal })
      await expect(
        (async () => {
          for await (const _ of pages) between.abort(reason)
        })(),
      ).rejects.toBe(reason)
    }))

  it('can be left before its end', () =>
    withQuery(async (query) => {
      for await (const page of query.pages({ operation: 'x', sql: `SELECT number, ${bound} FROM numbers(150000)` })) {
        expect(page.length).toBeGreaterThan(0)
        break
      }
      expect(await query.rows({ operation: 'x', sql: `SELECT ${bound}` })).toHaveLength(1)
    }))
})
