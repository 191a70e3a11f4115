import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

it('counts messages off an index alone, whatever their content is', async () => {
  const client = new pg.Client({ connectionString: test.databaseUrl })
  await client.connect()
  await client.query(`
    insert into tenon.messages (workspace, id, idempotency_key, profile, channel, purpose, content, state, next_attempt_at, created_at, updated_at)
    select 'shop', gen_random_uuid(), 'key ' || n, n, 'email', 'marketing', jsonb_build_object('text', repeat('x', 500)),
      case when n % 10 = 0 then 'bounced' else 'delivered' end, now(), now(), now()
    from generate_series(1, 20000) n`)
  await client.query('vacuum analyze tenon.messages')
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(
    'explain select channel, state, count(*) from tenon.messages where workspace = $1 group by channel, state',
    ['shop'],
  )
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  await client.end()
  expect(plan).toContain('Index Only Scan using messages_by_state')
  expect(await test.store.in('shop').messages.counts()).toEqual(new Map([['email', { bounced: 2_000, delivered: 18_000 }]]))
})
