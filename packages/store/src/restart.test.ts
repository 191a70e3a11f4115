import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedServer, startPostgres } from '@tenon/embedded'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from './open-store.ts'
import { openTestStore } from './test-store.fixture.ts'

const clock = { now: () => new Date() }
const label = { en: 'B' }

describe('a store whose connections are cut again and again', () => {
  it('answers every command once', async () => {
    const test = await openTestStore()
    const { store } = test
    const main = store.in('main')
    await main.definitions.benefits.put({ key: 'b', kind: 'coupon', label, definition: {} })
    await main.benefits.limit('b', { stock: 150 })

    const killer = new pg.Client({ connectionString: test.databaseUrl })
    await killer.connect()
    let cuts = 0
    const cut = async () => {
      cuts++
      await killer.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'tenon'`,
      )
    }
    const issue = (n: number) =>
      main.benefits.command({
        benefit: 'b',
        profile: n,
        idempotencyKey: `issue-${n}`,
        command: 'issue',
        request: {},
        decide: ({ counters }) =>
          counters.issued < (counters.stock ?? 0)
            ? { ok: true, changes: [{ grant: 'new', profile: n, state: 'issued', data: {} }], postings: [], value: 0, cost: 0, issued: 1 }
            : { ok: false, reason: { code: 'SOLD_OUT', detail: {} } },
      })
    let next = 0
    let done = 0
    const issued = new Set<string>()
    const worker = async () => {
      while (next < 200) {
        const n = ++next
        // A client that is told of a fault asks again with the same key.
        for (let tries = 0; ; tries++) {
          try {
            const result = await issue(n)
            if (result?.ok) issued.add(result.grants[0]?.id ?? '')
            // In the midst of what the other workers do.
            if (++done % 7 === 0) await cut()
            break
          } catch (error) {
            if (tries === 20) throw error
          }
        }
      }
    }
    await Promise.all([worker(), worker(), worker(), worker()])
    await killer.end()
    expect(cuts).toBeGreaterThan(20)
    expect(issued.size).toBe(150)
    expect(await main.benefits.counters('b')).toMatchObject({ issued: 150 })
    await test.close()
  })
})

describe('a store while Postgres restarts', () => {
  let dir: string
  let server: EmbeddedServer
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tenon-store-restart-'))
    server = await startPostgres({ dir })
  })
  afterAll(async () => {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  })

  it('waits for it, and loses and repeats nothing', async () => {
    const { url } = server
    const store = openStore({ databaseUrl: url, clock })
    await store.migrate()
    const { ingest } = store
    const kv = store.in('main').kv
    await kv.set('before', 1)
    await server.stop()
    expect(await store.health()).toMatchObject({ status: 'down' })
    const opening = ingest.openBatch({
      stream: 's',
      from: 0,
      to: 1,
      events: [{ workspace: 'main', source: 'web', messageId: 'm' }],
      resolve: async (tx) => tx.in('main').profiles.create(1),
    })
    const reading = kv.get('before')
    server = await startPostgres({ dir })
    expect(server.url).toBe(url)
    expect(await reading).toBe(1)
    expect(await opening).toMatchObject({ fresh: [0] })
    expect(await store.in('main').profiles.count()).toBe(1)
    expect(await store.health()).toEqual({ status: 'ok' })
    await store.close()
  })

  it('says so when it does not come', async () => {
    const store = openStore({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none', clock, patienceMs: 50 })
    await expect(store.workspaces.list()).rejects.toMatchObject({ code: 'TENON_STORE_UNAVAILABLE' })
    expect(await store.health()).toMatchObject({ status: 'down', reason: expect.stringContaining('ECONNREFUSED') })
    await store.close()
  })
})
