import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { event, migratedAnalytics, tickingClock } from '../analytics.fixture.ts'
import { openAnalytics } from '../analytics.ts'
import type { FailedEvent } from '../writer/failed-event-format.ts'
import type { AnalyticsTable } from './backups.ts'
import type { Horizon } from './horizon.ts'

const test = migratedAnalytics()
const horizon: Horizon = { lastBatch: 10, openBatches: [], lastEntry: 10, turns: [] }
const day = (number: number): Date => new Date(Date.UTC(2026, 0, number))

const failed = (workspace: string, id: string, says: Partial<FailedEvent>): FailedEvent => ({
  ...{ id, workspace, source: 'web', state: 'open', attempt: 0, step: 0, stage: 'accept', code: 'X', reason: '', actor: '' },
  ...{ payload: '{"a":1}', format: 'source', receivedAt: day(1), batch: 1, at: day(1) },
  ...says,
})

let engine: ClickHouseClient
beforeAll(() => {
  engine = createClient({ url: test.clickhouseUrl })
})
afterAll(() => engine.close())

const command = (query: string) => engine.command({ query, clickhouse_settings: { wait_end_of_query: 1 } })
async function list(query: string): Promise<readonly string[]> {
  const result = await engine.query({ query, format: 'TabSeparated' })
  return (await result.text()).split('\n').filter(Boolean)
}
async function linesOf(table: AnalyticsTable): Promise<readonly string[]> {
  let text = ''
  for (const partition of table.partitions)
    for await (const piece of test.store.backups.rows(table, partition, horizon)) text += Buffer.from(piece).toString()
  return text.split('\n').filter(Boolean).sort()
}
const named = (tables: readonly AnalyticsTable[], name: string): AnalyticsTable => {
  const found = tables.find((table) => table.name === name)
  if (found === undefined) throw new Error(`no table ${name}`)
  return found
}

describe('frozen tables', () => {
  it('are read the same while the tables are rewritten, merged, emptied by retention and added to', { timeout: 60_000 }, async () => {
    const main = test.workspace()
    for (const number of [1, 2, 3]) {
      await test.store.insertEvents([event(main, number), event(main, number + 1)], { token: `events-${number}` })
      await test.store.insertFailed(
        [
          failed(main, `open-${number}`, { receivedAt: day(number) }),
          failed(main, `gone-${number}`, { receivedAt: day(number), state: 'discarded', payload: '' }),
        ],
        { token: `failed-${number}` },
      )
    }
    await test.store.backups.freeze(async (tables) => {
      const both = ['events', 'failed_events'].map((name) => named(tables, name))
      const digests = () => Promise.all(both.map((table) => test.store.backups.digest(table, horizon)))
      const before = [await Promise.all(both.map(linesOf)), await digests()]
      expect((before[0] as string[][]).map(({ length }) => length)).toEqual([6, 6])

      await test.store.expireFailed({ before: day(20) })
      await test.store.squashPersons({ workspace: main, moves: [{ from: 1, into: 9, stored: [1] }] })
      await test.store.insertEvents([event(main, 7)], { token: 'later' })
      await command('ALTER TABLE events DELETE WHERE profile = 2 SETTINGS mutations_sync = 2')
      await command('OPTIMIZE TABLE events FINAL')
      await command('OPTIMIZE TABLE failed_events FINAL')
      expect(await test.store.in(main).countEvents()).toBe(5)
      expect((await test.store.in(main).failedEvents({ limit: 10 })).rows.map(({ payload }) => payload)).toEqual(['', '', ''])

      expect([await Promise.all(both.map(linesOf)), await digests()]).toEqual(before)
    })
    expect(await list("SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'frozen%'")).toEqual([])
  })

  it('outlive the age that an operator has given to rows', { timeout: 60_000 }, async () => {
    const main = test.workspace()
    // Seconds from the day of the rows until soon after they were frozen.
    const age = Math.ceil((Date.now() + 6_000 - day(1).getTime()) / 1_000)
    await command('ALTER TABLE segment_transitions MODIFY SETTING merge_with_ttl_timeout = 0')
    await command(`ALTER TABLE segment_transitions MODIFY TTL toDateTime(at) + INTERVAL ${age} SECOND`)
    const { transitions } = test.store.in(main)
    await transitions.record({ segment: 's', enter: [1, 2], exit: [], at: day(1), recordedAt: day(1), evaluation: 'e' })
    const count = async (table: string) => Number((await list(`SELECT count() FROM ${table}`))[0])
    await test.store.backups.freeze(async (tables) => {
      const { source } = named(tables, 'segment_transitions')
      await expect.poll(() => count('segment_transitions'), { timeout: 30_000, interval: 250 }).toBe(0)
      expect(await count(source)).toBe(2)
    })
    await command('ALTER TABLE segment_transitions REMOVE TTL')
  })

  it('that a killed process left behind are made anew', async () => {
    await command('CREATE TABLE frozen_events (a UInt8) ENGINE = Memory')
    await test.store.backups.freeze(async (tables) => expect(named(tables, 'events').source).toBe('frozen_events'))
    expect(await list("SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'frozen%'")).toEqual([])
  })

  it('are let go however large they are, and a clear goes through', { timeout: 60_000 }, async () => {
    const stores = await ephemeralStores()
    const url = new URL(stores.clickhouseUrl)
    // Everything is too large to be dropped, unless a statement says that it is meant.
    for (const what of ['table', 'partition']) url.searchParams.set(`clickhouse_setting_max_${what}_size_to_drop`, '1')
    const warned: unknown[] = []
    const ignore = () => undefined
    const logger = { debug: ignore, info: ignore, error: ignore, warn: (...said: unknown[]) => void warned.push(said) }
    const strict = openAnalytics({ clickhouseUrl: url.href, clock: tickingClock(), logger })
    const bare = createClient({ url: url.href, log: { level: ClickHouseLogLevel.OFF } })
    await strict.migrate()
    await strict.insertEvents([event('main', 1)], { token: 'one' })
    await expect(bare.command({ query: 'DROP TABLE events SYNC' })).rejects.toMatchObject({ code: '359' })
    for (const _ of [1, 2]) {
      await strict.backups.freeze(async (tables) => expect(named(tables, 'events').source).toBe('frozen_events'))
      const left = await bare.query({ query: "SELECT name FROM system.tables WHERE name LIKE 'frozen%'", format: 'TabSeparated' })
      expect(await left.text()).toBe('')
    }
    expect(warned).toEqual([])
    // What somebody else reads from can not be dropped: said, and no other table stays for it.
    await strict.backups.freeze(async () => {
      await bare.command({
        query:
          "CREATE DICTIONARY kept (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 'frozen_events')) LAYOUT(FLAT()) LIFETIME(0)",
      })
    })
    expect(warned).toEqual([['what a backup has frozen was not let go', { code: 'TENON_ANALYTICS_FAILED' }]])
    expect((await strict.vitals()).frozen).toMatchObject([{ table: 'frozen_events' }])
    await bare.command({ query: 'DROP DICTIONARY kept' })
    await strict.backups.clear()
    expect(await strict.backups.tables()).toEqual([])
    await Promise.all([strict.close(), bare.close()])
    await stores.close()
  })

  it('are the tables themselves on a cluster', async () => {
    const other = openAnalytics({ clickhouseUrl: test.clickhouseUrl, clock: tickingClock(), topology: { kind: 'cluster', cluster: 'c' } })
    await other.backups.freeze(async (tables) => {
      for (const { name, source } of tables) expect(source).toBe(name)
    })
    await other.close()
  })
})

describe('a copy that nobody waits for any more', () => {
  it('ends, with the reason', async () => {
    const table = named(await test.store.backups.tables(), 'events')
    const reason = new Error('gone')
    await expect(test.store.backups.digest(table, 'all', AbortSignal.abort(reason))).rejects.toBe(reason)
    const gone = new AbortController()
    const rows = test.store.backups.rows(table, table.partitions[0] ?? '', horizon, gone.signal)
    await expect(
      (async () => {
        gone.abort(reason)
        for await (const _ of rows) expect.fail('nothing comes')
      })(),
    ).rejects.toBe(reason)
  })
})
