import { ephemeralStores } from '@tenon/testing/stores'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tickingClock } from '../analytics.fixture.ts'
import { openAnalytics } from '../analytics.ts'
import { type Engine, openEngine } from '../engine/engine.ts'
import { interactive } from '../engine/limits.ts'
import { AnalyticsMigrationChanged, AnalyticsMigrationUnknown } from '../errors.ts'
import { migrate, pending } from './migrate.ts'
import { type MigrationStep, steps } from './steps.ts'

const step = (name: MigrationStep['name'], ...statements: string[]): MigrationStep => ({ name, statements: () => statements })

const one = step('0001_one', 'CREATE TABLE IF NOT EXISTS one (x UInt8) ENGINE = MergeTree ORDER BY x')
const two = step('0002_two', 'CREATE TABLE IF NOT EXISTS two (x UInt8) ENGINE = MergeTree ORDER BY x')

let engine: Engine
let clickhouseUrl: string
let close: () => Promise<void>

beforeEach(async () => {
  const stores = await ephemeralStores()
  clickhouseUrl = stores.clickhouseUrl
  engine = openEngine({ clickhouseUrl: stores.clickhouseUrl })
  close = async () => {
    await engine.close()
    await stores.close()
  }
})
afterEach(() => close())

const run = (...list: MigrationStep[]) => migrate(engine, { steps: list, topology: { kind: 'single' }, clock: tickingClock() })

async function tables(): Promise<readonly string[]> {
  const sql = 'SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name'
  const names: string[] = []
  for await (const page of engine.query<{ name: string }>({ operation: 'tables', sql, params: {}, limits: interactive })) {
    names.push(...page.map(({ name }) => name))
  }
  return names
}

describe('migrate', () => {
  it('applies what is missing, in order, once', async () => {
    expect((await pending(engine, [one, two])).map(({ name }) => name)).toEqual(['0001_one', '0002_two'])
    expect(await run(one)).toEqual({ applied: ['0001_one'], already: [] })
    expect(await run(one, two)).toEqual({ applied: ['0002_two'], already: ['0001_one'] })
    expect(await run(one, two)).toEqual({ applied: [], already: ['0001_one', '0002_two'] })
    expect(await tables()).toEqual(['migrations', 'one', 'two'])
  })

  it('refuses an applied step that changed, and applies nothing', async () => {
    await run(one)
    const edited = step('0001_one', 'CREATE TABLE IF NOT EXISTS one (x UInt16) ENGINE = MergeTree ORDER BY x')
    await expect(run(edited, two)).rejects.toSatisfy(AnalyticsMigrationChanged.is)
    expect(await tables()).toEqual(['migrations', 'one'])
  })

  it('refuses a database of a newer build', async () => {
    await run(one, two)
    await expect(run(one)).rejects.toSatisfy(AnalyticsMigrationUnknown.is)
  })

  it('goes on with a step that was cut off', async () => {
    const broken = step('0002_two', ...two.statements({ kind: 'single' }), 'SELECT throwIf(1)')
    await expect(run(one, broken)).rejects.toThrow(/throwIf/)
    expect(await run(one, two)).toEqual({ applied: ['0002_two'], already: ['0001_one'] })
  })

  it('goes on with any of our own steps that was cut off at its end', async () => {
    for (const each of steps)
      for (let time = 0; time < 2; time++)
        for (const sql of each.statements({ kind: 'single' })) await engine.command({ operation: each.name, sql })
    expect((await run(...steps)).applied).toHaveLength(steps.length)
  })

  it('lets two processes migrate at the same time', async () => {
    await Promise.all([run(one, two), run(one, two)])
    expect(await run(one, two)).toEqual({ applied: [], already: ['0001_one', '0002_two'] })
  })

  it('makes the database where it is missing', async () => {
    const url = new URL(clickhouseUrl)
    url.pathname = `/${url.pathname.slice(1)}-new.one`
    const store = openAnalytics({ clickhouseUrl: url.href, clock: tickingClock() })
    expect(await store.pending()).toEqual(steps.map(({ name }) => name))
    await store.migrate()
    expect(await store.pending()).toEqual([])
    expect(await store.in('w').countEvents()).toBe(0)
    await store.close()
    await engine.command({
      operation: 'drop',
      sql: 'DROP DATABASE {name:Identifier}',
      params: { name: url.pathname.slice(1) },
    })
  })

  it('makes the tables of Tenon', async () => {
    await run(...steps)
    expect(await tables()).toEqual([
      'events',
      'failed_events',
      'migrations',
      'profile_overrides',
      'reassigned_profiles',
      'segment_transitions',
      'tag_values',
    ])
  })
})
