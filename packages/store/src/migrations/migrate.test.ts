import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tables } from '../database/tables.ts'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import { type MigrationPlan, migrate, pending, sqlStep } from './migrate.ts'

let test: TestStore
let db: Kysely<Tables>

beforeAll(async () => {
  test = await openTestStore()
  db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: test.databaseUrl }) }) })
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
