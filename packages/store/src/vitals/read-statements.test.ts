import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

it('says nothing of what a statement is about, also where Postgres has cut it', { timeout: 60_000 }, async () => {
  const client = new pg.Client({ connectionString: test.databaseUrl, application_name: 'forgotten' })
  await client.connect()
  try {
    for (const literal of [`'${'an@example.com '.repeat(200)}'`, `$$${'an@example.com '.repeat(200)}$$`, "E'it\\'s an@example.com'"]) {
      await client.query(`begin; select ${literal}`)
      const seen = async () => (await test.store.vitals({ slowS: 0 })).idle.filter(({ application }) => application === 'forgotten')
      await expect.poll(seen, { timeout: 10_000 }).toMatchObject([{ statement: 'begin; select ?' }])
      await client.query('rollback')
    }
  } finally {
    await client.end()
  }
})
