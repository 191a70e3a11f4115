import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConnections } from '../database/connections.ts'
import type { Tables } from '../database/tables.ts'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import { type MigrationPlan, migrate, pending } from './migrate.ts'
import { indexStep, sqlStep } from './migration-step.ts'

let test: TestStore
let db: Kysely<Tables>

beforeAll(async () => {
  test = await openTestStore()
  const connections = { databaseUrl: test.databaseUrl, maxConnections: 10, patienceMs: 0, statementTimeoutMs: 30_000, logger: undefined }
  db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: openConnections(connections) }) })
})
afterAll(async () => {
  await db.destroy()
  await test.close()
})

const plan = (scope: string, ...steps: MigrationPlan['steps']): MigrationPlan => ({ scope, schema: scope, steps })

describe('migrations', () => {
  it('are applied once, in their order, whoever asks', async () => {
    const two = plan('order', sqlStep('0002_b', 'alter table a add y int'), sqlStep('0001_a', 'create table a (x int)'))
    expect(await pending(db, two)).toEqual(['0001_a', '0002_b'])
    const reports = await Promise.all([migrate(db, two), migrate(db, two), migrate(db, two)])
    expect(reports.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 2])
    expect(await migrate(db, two)).toEqual({ applied: [], before: 2 })
    expect(await pending(db, two)).toEqual([])
  })

  it('stop when an applied step was changed', async () => {
    await migrate(db, plan('changed', sqlStep('0001_a', 'create table a (x int)')))
    const changed = plan('changed', sqlStep('0001_a', 'create table a (x bigint)'), sqlStep('0002_b', 'create table b ()'))
    await expect(migrate(db, changed)).rejects.toMatchObject({ code: 'TENON_MIGRATION_CHANGED', details: { step: '0001_a' } })
    await expect(pending(db, changed)).rejects.toMatchObject({ code: 'TENON_MIGRATION_CHANGED' })
  })

  it('stop when the database is newer than the code', async () => {
    const step = sqlStep('0001_a', 'create table a (x int)')
    await migrate(db, plan('newer', step, sqlStep('0002_b', 'create table b ()')))
    await expect(migrate(db, plan('newer', step))).rejects.toMatchObject({
      code: 'TENON_MIGRATION_UNKNOWN',
      details: { steps: ['0002_b'] },
    })
  })

  it('leave nothing of a step that fails, and keep those before it', async () => {
    const broken = plan('broken', sqlStep('0001_a', 'create table a (x int)'), sqlStep('0002_b', 'create table b (); create table a ()'))
    await expect(migrate(db, broken)).rejects.toMatchObject({ code: 'TENON_MIGRATION_FAILED', details: { step: '0002_b' } })
    expect(await pending(db, broken)).toEqual(['0002_b'])
    const { rows } = await sql<{ b: string | null }>`select to_regclass('broken.b') as b`.execute(db)
    expect(rows).toEqual([{ b: null }])
  })

  it('of the store leave nothing pending', async () => {
    expect(await test.store.pending()).toEqual([])
    expect((await test.store.migrate()).applied).toEqual([])
  })
})

describe('a migration of a table that somebody has', () => {
  const patience = { waitMs: 400, pauseMs: 200, tries: 100 }

  async function withHolder(run: (holder: pg.Client) => Promise<void>): Promise<void> {
    const holder = new pg.Client({ connectionString: test.databaseUrl, application_name: 'a long report' })
    await holder.connect()
    try {
      await run(holder)
    } finally {
      await holder.end()
    }
  }

  it('lets the others through between its tries, and passes once it is let go', { timeout: 30_000 }, async () => {
    const first = sqlStep('0001_a', 'create table a (x int)')
    await migrate(db, plan('held', first))
    await withHolder(async (holder) => {
      await holder.query('begin; select * from held.a')
      let isThrough = false
      const migrated = migrate(db, plan('held', first, sqlStep('0002_b', 'alter table a add y int')), patience).finally(() => {
        isThrough = true
      })
      const waits = async () => {
        const { rows } = await sql`select from pg_locks where not granted and relation = 'held.a'::regclass`.execute(db)
        return rows.length
      }
      for (const x of [1, 2]) {
        await expect.poll(waits, { interval: 20, timeout: 10_000 }).toBe(1)
        // Stands behind the step, until that lets it through.
        await sql`insert into held.a (x) values (${x})`.execute(db)
        expect(isThrough).toBe(false)
      }
      await holder.query('commit')
      expect((await migrated).applied).toEqual(['0002_b'])
      const { rows } = await sql`select * from held.a order by x`.execute(db)
      expect(rows).toEqual([
        { x: 1, y: null },
        { x: 2, y: null },
      ])
    })
  })

  it('gives up in the end, and says who has it', { timeout: 30_000 }, async () => {
    const first = sqlStep('0001_a', 'create table a (x int)')
    const both = plan('kept', first, sqlStep('0002_b', 'alter table a add y int'))
    await migrate(db, plan('kept', first))
    await withHolder(async (holder) => {
      const { rows } = await holder.query('select pg_backend_pid() as pid')
      await holder.query('begin; select * from kept.a')
      await expect(migrate(db, both, { ...patience, tries: 2 })).rejects.toMatchObject({
        code: 'TENON_MIGRATION_BLOCKED',
        details: { step: '0002_b', tries: 2, holders: [{ pid: rows[0].pid, application: 'a long report', state: 'idle in transaction' }] },
        message: expect.stringContaining('(a long report, idle in transaction)'),
      })
      expect(await pending(db, both)).toEqual(['0002_b'])
    })
  })
})

describe('an index of a large table', () => {
  const table = sqlStep('0001_a', 'create table a (x int); insert into a values (1), (1)')
  const index = (schema: string) => indexStep('0002_by_x', { schema, name: 'by_x', on: `${schema}.a (x)` })
  const valid = async (name: string) =>
    (await sql<{ valid: boolean }>`select indisvalid as valid from pg_index where indexrelid = to_regclass(${name})`.execute(db)).rows

  it('that a build left unfinished is replaced, and one that was built is kept', async () => {
    await migrate(db, plan('large', table))
    await expect(sql`create unique index concurrently by_x on large.a (x)`.execute(db)).rejects.toMatchObject({ code: '23505' })
    expect(await valid('large.by_x')).toEqual([{ valid: false }])
    expect((await migrate(db, plan('large', table, index('large')))).applied).toEqual(['0002_by_x'])
    expect(await valid('large.by_x')).toEqual([{ valid: true }])
    // Built, but the process ended before that was noted.
    await sql`delete from tenon.migrations where scope = 'large' and step = '0002_by_x'`.execute(db)
    expect((await migrate(db, plan('large', table, index('large')))).applied).toEqual(['0002_by_x'])
    expect(await valid('large.by_x')).toEqual([{ valid: true }])
  })

  it('is built beside writers, whoever else waits to migrate', { timeout: 30_000 }, async () => {
    await migrate(db, plan('busy', table))
    const writer = new pg.Client({ connectionString: test.databaseUrl })
    await writer.connect()
    await writer.query('begin; insert into busy.a values (2)')
    const both = Promise.all([1, 2, 3].map(() => migrate(db, plan('busy', table, index('busy')))))
    await expect.poll(() => valid('busy.by_x'), { timeout: 10_000 }).toEqual([{ valid: false }])
    await sql`insert into busy.a values (3)`.execute(db)
    await writer.query('commit')
    await writer.end()
    expect((await both).map(({ applied }) => applied.length).sort()).toEqual([0, 0, 1])
    expect(await valid('busy.by_x')).toEqual([{ valid: true }])
  })
})

describe('a schema of a plugin', () => {
  it('belongs to the instance, with migrations of its own', async () => {
    const migrations = {
      steps: {
        '0001_notes': { sql: 'create table notes (id int primary key, text text)' },
        '0002_seed': {
          checksum: 'seed-1',
          up: async (tx: { query(sql: string): Promise<unknown> }) => void (await tx.query(`insert into notes values (1, 'one')`)),
        },
      },
    } as const
    expect((await test.store.migratePlugin({ instance: 'a-b', migrations })).applied).toEqual(['0001_notes', '0002_seed'])
    expect((await test.store.migratePlugin({ instance: 'a_b', migrations })).applied).toHaveLength(2)
    const notes = test.store.plugin('a-b')
    await notes.query('update notes set text = $1', ['changed\0'])
    expect(await notes.query('select * from notes')).toEqual([{ id: 1, text: 'changed\ufffd' }])
    expect(await test.store.plugin('a_b').query('select text from notes')).toEqual([{ text: 'one' }])
    const failing = notes.transaction(async (tx) => {
      await tx.query('delete from notes')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await notes.query('select 1 from notes')).toHaveLength(1)
    expect(() => test.store.plugin('x"; drop schema tenon')).toThrow(RangeError)
  })
})
