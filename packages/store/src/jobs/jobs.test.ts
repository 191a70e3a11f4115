import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'

let test: TestStore

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await condition()) return
    await delay(10)
  }
  throw new Error('it did not become so')
}

const statement = async (sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: test.databaseUrl })
  await client.connect()
  await client.query(sql)
  await client.end()
}

async function instant(sql: string): Promise<Date> {
  const client = new pg.Client({ connectionString: test.databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ at: Date }>(sql)
  await client.end()
  const [row] = rows
  if (row === undefined) throw new Error('there is none')
  return row.at
}

/** Of the database, which ends leases by its own clock. */
const now = (): Promise<Date> => instant('select clock_timestamp() as at')
const heldUntil = (job: string): Promise<Date> => instant(`select held_until as at from tenon.leases where job = '${job}'`)

describe('job leases', () => {
  it('let one process of the fleet run a job', async () => {
    const { promise: end, resolve: finish } = Promise.withResolvers<string>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const first = test.store.jobs.lease({
      job: 'sweep',
      ttlMs: 200,
      run: () => {
        begin()
        return end
      },
    })
    await begun
    const other = test.another()
    const firstEnd = await heldUntil('sweep')
    // Beyond its first end it is held, because it was renewed before.
    await until(async () => {
      expect(await other.jobs.lease({ job: 'sweep', ttlMs: 200, run: async () => 'second' })).toEqual({ ran: false })
      return (await now()) > firstEnd
    })
    expect([await other.jobs.isHeld('sweep'), await other.jobs.isHeld('nobody')]).toEqual([true, false])
    expect(await other.jobs.lease({ job: 'else', ttlMs: 200, run: async () => 'other job' })).toEqual({ ran: true, result: 'other job' })
    finish('first')
    expect(await first).toEqual({ ran: true, result: 'first' })
    expect(await other.jobs.isHeld('sweep')).toBe(false)
    expect(await other.jobs.lease({ job: 'sweep', ttlMs: 200, run: async () => 'second' })).toEqual({ ran: true, result: 'second' })
  })

  it('are given back by a job that fails', async () => {
    const failing = test.store.jobs.lease({
      job: 'fails',
      ttlMs: 60_000,
      run: async () => {
        throw new Error('no')
      },
    })
    await expect(failing).rejects.toThrow('no')
    expect(await test.store.jobs.lease({ job: 'fails', ttlMs: 60_000, run: async () => 1 })).toEqual({ ran: true, result: 1 })
  })

  it('tell a job that it lost its lease', async () => {
    let lost = false
    const outcome = await test.store.jobs.lease({
      job: 'lost',
      ttlMs: 300,
      async run(signal) {
        await statement(`update tenon.leases set holder = gen_random_uuid(), held_until = now() + interval '1 hour' where job = 'lost'`)
        await until(() => signal.aborted)
        lost = true
      },
    })
    expect([outcome.ran, lost]).toEqual([true, true])
    expect(await test.store.jobs.lease({ job: 'lost', ttlMs: 300, run: async () => 1 })).toEqual({ ran: false })
  })

  it('of a dead process are over after their time', async () => {
    await statement(`insert into tenon.leases values ('dead', gen_random_uuid(), clock_timestamp() + interval '150 ms')`)
    expect(await test.store.jobs.lease({ job: 'dead', ttlMs: 1000, run: async () => 1 })).toEqual({ ran: false })
    await until(async () => (await test.store.jobs.lease({ job: 'dead', ttlMs: 1000, run: async () => 1 })).ran)
  })
})
