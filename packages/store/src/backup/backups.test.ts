import { ephemeralStores } from '@tenon/testing/stores'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../open-store.ts'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import type { StoreContent } from './backups.ts'

let test: TestStore
let client: pg.Client

beforeAll(async () => {
  test = await openTestStore()
  client = await connected(test.databaseUrl)
})
afterAll(async () => {
  await client.end()
  await test.close()
})

async function connected(connectionString: string): Promise<pg.Client> {
  const opened = new pg.Client({ connectionString })
  await opened.connect()
  return opened
}

const notes = { steps: { '0001_notes': { sql: 'create table notes (id int primary key, text text)' } } } as const

/** All of a snapshot, in memory. */
const contentOf = (store = test.store): Promise<StoreContent> =>
  store.backups.snapshot(async (snapshot) => {
    const tables: StoreContent['tables'][number][] = []
    for (const table of snapshot.tables) {
      const pieces: Uint8Array[] = []
      for await (const piece of snapshot.rows(table)) pieces.push(piece)
      tables.push({
        ...table,
        expected: await snapshot.digest(table),
        rows: async function* () {
          yield* pieces
        },
      })
    }
    return { migrations: snapshot.migrations, tables, sequences: await snapshot.sequences() }
  })

async function withEmpty(run: (store: ReturnType<typeof openStore>, databaseUrl: string) => Promise<void>): Promise<void> {
  const stores = await ephemeralStores()
  const store = openStore({ databaseUrl: stores.databaseUrl, clock: test.clock })
  try {
    await run(store, stores.databaseUrl)
  } finally {
    await store.close()
    await stores.close()
  }
}

describe('a snapshot', () => {
  it('waits for whoever opens a batch, and shows every batch as closed, open or not there', async () => {
    const { ingest } = test.store
    await test.store.workspaces.ensure({ id: 'main', name: 'Main' })
    const entered = Promise.withResolvers<void>()
    const leave = Promise.withResolvers<void>()
    const opening = ingest.openBatch({
      stream: 'log:a',
      from: 0,
      to: 10,
      events: [{ workspace: 'main', source: 's', messageId: 'm' }],
      resolve: async () => {
        entered.resolve()
        await leave.promise
      },
    })
    await entered.promise
    const taking = test.store.backups.snapshot(async ({ lastBatch, openBatches, streams }) => ({ lastBatch, openBatches, streams }))
    let isTaken = false
    void taking.then(() => {
      isTaken = true
    })
    while ((await client.query(`select from pg_locks where not granted and mode = 'ShareLock'`)).rows.length === 0) await Promise.resolve()
    expect(isTaken).toBe(false)
    leave.resolve()
    const { batch } = await opening
    expect(await taking).toEqual({ lastBatch: batch, openBatches: [batch], streams: [{ stream: 'log:a', position: 0, openTo: 10 }] })
  })

  it('does not see what comes later, and holds nobody up', async () => {
    await test.store.backups.snapshot(async (snapshot) => {
      await test.store.in('main').kv.set('late', true)
      expect([...(await snapshot.keyValues('late'))]).toEqual([])
    })
    expect(await test.store.in('main').kv.get('late')).toBe(true)
  })

  describe('that nobody waits for any more', () => {
    /** Fails as it does when it is given up while it stands before a lock, and is gone from the server afterwards. */
    async function givenUp(giveUp: (abort: () => void) => Promise<void>): Promise<unknown> {
      const gone = new AbortController()
      const holder = await connected(test.databaseUrl)
      try {
        await holder.query('begin; lock table tenon.items in access exclusive mode')
        const ended = test.store.backups
          .snapshot(
            async ({ tables, digest }) => {
              const items = tables.find((table) => table.name === 'items')
              return items && digest(items)
            },
            { signal: gone.signal },
          )
          .catch((error: unknown) => error)
        while ((await client.query(`select from pg_locks where not granted and mode = 'AccessShareLock' and ${HERE}`)).rows.length === 0)
          await Promise.resolve()
        await giveUp(() => gone.abort())
        const error = await ended
        await expect
          .poll(
            async () =>
              (await client.query(`select from pg_stat_activity where application_name = 'tenon backup' and datname = current_database()`))
                .rows,
            {
              timeout: 20_000,
            },
          )
          .toEqual([])
        return error
      } finally {
        await holder.end()
      }
    }
    const HERE = 'database = (select oid from pg_database where datname = current_database())'

    it('ends what the server does for it', async () => {
      expect(await givenUp(async (abort) => abort())).toMatchObject({ code: '57P01' })
    })

    // The server finds out by looking for its client, which not every system lets it do.
    it.skipIf(process.platform !== 'linux')('ends, too, where the server takes nobody who could say so', async () => {
      const url = new URL(test.databaseUrl)
      const name = url.pathname.slice(1)
      url.pathname = '/postgres'
      const admin = await connected(url.href)
      try {
        const error = await givenUp(async (abort) => {
          await admin.query(`alter database ${name} allow_connections false`)
          abort()
        })
        expect(error).toMatchObject({ message: 'Connection terminated' })
      } finally {
        await admin.query(`alter database ${name} allow_connections true`)
        await admin.end()
      }
    })

    it('does not begin', async () => {
      const signal = AbortSignal.abort(new Error('late'))
      await expect(test.store.backups.snapshot(async () => 'never', { signal })).rejects.toThrow('late')
    })
  })
})

describe('a restore', () => {
  it('brings every row, the numbers that follow, the tables of plugins, and triggers that work', async () => {
    const { store } = test
    await store.migratePlugin({ instance: 'notes', migrations: notes })
    const odd = 'tab\t newline\n back\\slash "quotes" 榫 \\N'
    await store.plugin('notes').query('insert into notes values ($1, $2), (2, null)', [1, odd])
    const { profile } = await store.in('main').transaction(async (tx) => {
      const [id] = await tx.profiles.create(1)
      return { profile: id }
    })
    const content = await contentOf()
    await withEmpty(async (other, databaseUrl) => {
      expect(await other.backups.occupancy()).toEqual({ kind: 'empty' })
      await other.backups.restore('one', content, new Map([['notes', notes]]))
      await other.backups.finishRestore('one')
      expect((await contentOf(other)).tables.map(({ name, expected }) => [name, expected])).toEqual(
        content.tables.map(({ name, expected }) => [name, expected]),
      )
      expect(await other.plugin('notes').query('select text from notes order by id')).toEqual([{ text: odd }, { text: null }])
      expect((await other.migrate()).applied).toEqual([])
      const next = await other.in('main').transaction((tx) => tx.profiles.create(1))
      expect(next[0]).toBeGreaterThan(profile ?? 0)
      const raw = new pg.Client({ connectionString: databaseUrl })
      await raw.connect()
      const disabled = await raw.query(`select tgname from pg_trigger where tgenabled <> 'O'`)
      await raw.end()
      expect(disabled.rows).toEqual([])
      expect(await other.backups.occupancy()).toEqual({ kind: 'occupied' })
    })
  })

  it('that did not come to its end keeps everybody away, and can be begun again', async () => {
    const content = await contentOf()
    await withEmpty(async (other) => {
      const cut: StoreContent = {
        ...content,
        tables: content.tables.map((table) => ({
          ...table,
          rows: async function* () {
            yield* table.rows()
            if (table.name === 'key_values') throw new Error('the machine went away')
          },
        })),
      }
      const plugins = new Map([['notes', notes]])
      await expect(other.backups.restore('one', cut, plugins)).rejects.toThrow('the machine went away')
      expect(await other.backups.occupancy()).toEqual({ kind: 'unfinished', restore: 'one' })
      await expect(other.migrate()).rejects.toMatchObject({ code: 'TENON_RESTORE_UNFINISHED' })
      await other.backups.restore('one', content, plugins)
      await expect(other.migrate()).rejects.toMatchObject({ code: 'TENON_RESTORE_UNFINISHED' })
      await other.backups.finishRestore('one')
      await other.migrate()
    })
  })

  it('of an older schema is brought up by the steps that are missing', async () => {
    const old = ['0001_workspaces_and_keys', '0002_profiles', '0003_ingest']
    const content = await contentOf()
    await withEmpty(async (other) => {
      const migrations = content.migrations.filter(({ scope, step }) => scope === 'tenon' && old.includes(step))
      const tables = content.tables.filter(({ name }) => name === 'workspaces')
      await other.backups.restore('old', { migrations, tables, sequences: [] }, new Map())
      await other.backups.finishRestore('old')
      expect((await other.migrate()).applied.length).toBeGreaterThan(5)
      expect(await other.workspaces.get('main')).toMatchObject({ name: 'Main' })
    })
  })

  it('refuses what this version does not know, and what is not as it was', async () => {
    const content = await contentOf()
    await withEmpty(async (other) => {
      await expect(other.backups.restore('x', content, new Map())).rejects.toMatchObject({ code: 'TENON_BACKUP_PLUGIN_MISSING' })
      const newer = { ...content, migrations: [{ scope: 'tenon', step: '9999_later', checksum: 'x' }] }
      await expect(other.backups.restore('x', newer, new Map())).rejects.toMatchObject({ code: 'TENON_BACKUP_NEWER' })
      expect(await other.backups.occupancy()).toEqual({ kind: 'empty' })
      const wrong = {
        ...content,
        tables: content.tables.map((table) => ({ ...table, expected: { ...table.expected, digest: '1' } })),
      }
      await expect(other.backups.restore('x', wrong, new Map([['notes', notes]]))).rejects.toMatchObject({ code: 'TENON_BACKUP_DIFFERS' })
      expect(await other.backups.occupancy()).toMatchObject({ kind: 'unfinished' })
    })
  })
})
