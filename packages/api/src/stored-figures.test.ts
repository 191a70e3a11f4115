import { openStore } from '@tenon/store'
import { ephemeralStores } from '@tenon/testing/stores'
import pg from 'pg'
import { expect, it } from 'vitest'
import { createStoredFigures } from './stored-figures.ts'

const clock = { now: () => new Date() }
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

it('are read without taking the connections of others, however many workspaces and scrapers there are', { timeout: 60_000 }, async () => {
  const stores = await ephemeralStores()
  const first = openStore({ databaseUrl: stores.databaseUrl, clock })
  await first.migrate()
  for (let number = 0; number < 50; number++) await first.workspaces.ensure({ id: `workspace-${number}`, name: 'one' })
  await first.close()

  const store = openStore({ databaseUrl: stores.databaseUrl, clock })
  const read = createStoredFigures({
    ...{ store, logger: quiet },
    engage: {
      async stats({ workspace }) {
        await store.in(workspace).messages.counts()
        return new Map()
      },
    },
    matching: { waiting: async (workspace) => new Map([['linkage', (await store.in(workspace).matches.counts('linkage')).open ?? 0]]) },
  })
  const figures = await Promise.all([read(), read(), read()])
  expect(figures.map((each) => each?.replays.length)).toEqual([50, 50, 50])
  // A pool opens a connection for each question that finds none idle, and keeps it: as many as were ever asked at once.
  const client = new pg.Client({ connectionString: stores.databaseUrl, application_name: 'look' })
  await client.connect()
  const { rows } = await client.query(`select from pg_stat_activity where datname = current_database() and application_name = 'tenon'`)
  expect(rows.length).toBeLessThanOrEqual(2)
  await Promise.all([client.end(), store.close()])
  await stores.close()
})
