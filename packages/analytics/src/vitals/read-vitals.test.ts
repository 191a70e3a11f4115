import { createClient } from '@clickhouse/client'
import { expect, it } from 'vitest'
import { migratedAnalytics } from '../analytics.fixture.ts'

const test = migratedAnalytics()

it('leaves the reads of a backup out of what takes long, and nothing else', { timeout: 60_000 }, async () => {
  const engine = createClient({ url: test.clickhouseUrl })
  const ending = new AbortController()
  const slow = { name: 'events', columns: ['sleepEachRow(0.01)'], source: '(SELECT 1 FROM numbers(2000) SETTINGS max_block_size = 10)' }
  const both = [
    test.store.backups.digest(slow, 'all', ending.signal),
    engine.query({ query: `SELECT sum(${slow.columns[0]}) AS plain FROM ${slow.source}`, abort_signal: ending.signal }),
  ].map((each) => each.catch(() => undefined))
  const running = async () => {
    const result = await engine.query({
      query: "SELECT query FROM system.processes WHERE query LIKE '%sleepEachRow(0.%'",
      format: 'JSONEachRow',
    })
    return (await result.json<{ query: string }>()).filter(({ query }) => !query.includes('system.processes')).length
  }
  await expect.poll(running, { timeout: 10_000 }).toBe(2)
  const seen = (await test.store.vitals({ slowS: 0 })).slow.filter(({ statement }) => statement.includes('sleepEachRow'))
  expect(seen).toMatchObject([{ statement: expect.stringContaining('plain') }])
  expect(await running()).toBe(2)
  ending.abort()
  await Promise.all([...both, engine.close()])
})
