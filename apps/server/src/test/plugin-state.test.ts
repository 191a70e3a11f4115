import { defineCapability, defineEdition, definePlugin, of, use } from '@tenon/kernel'
import { core } from '@tenon/kernel/contracts'
import { startKernel } from '@tenon/kernel/runtime'
import { openStore, type Store } from '@tenon/store'
import { closedGate, testClock, testLogger } from '@tenon/testing'
import { ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hostValues, migratePlugins } from '../host.ts'

interface Notes {
  add(text: string): Promise<void>
  all(): Promise<readonly string[]>
}

const notes = defineCapability({ id: 'test.notes/1', arity: 'many', type: of<Notes>() })
const notebook = definePlugin({
  id: 'test.notebook',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: { db: core.postgres },
  provides: { notes },
  migrations: { postgres: { steps: { '0001_notes': { sql: 'create table notes (text text not null)' } } } },
  setup: ({ needs: { db } }) => ({
    provide: {
      notes: {
        add: async (text) => void (await db.query('insert into notes values ($1)', [text])),
        all: async () => (await db.query<{ text: string }>('select text from notes')).map(({ text }) => text),
      },
    },
  }),
})

const clock = testClock()
let store: Store
let close = async (): Promise<void> => {}
beforeAll(async () => {
  const stores = await ephemeralStores()
  store = openStore({ databaseUrl: stores.databaseUrl, clock })
  close = async () => {
    await store.close()
    await stores.close()
  }
  await store.migrate()
})
afterAll(() => close())

const start = () =>
  startKernel(defineEdition({ name: 'notes', plugins: [use(notebook, {}, { as: 'left' }), use(notebook, {}, { as: 'right' })] }), {
    core: hostValues({ clock, logger: testLogger(), gate: closedGate(), store }),
    needs: { notes },
    migrate: migratePlugins(store),
    clock,
    logger: testLogger(),
  })

describe('a plugin with state of its own', () => {
  it('has tables that no other instance sees, and finds them again', async () => {
    {
      await using kernel = await start()
      await kernel.needs.notes.get('left')?.add('spring')
      expect(await kernel.needs.notes.get('left')?.all()).toEqual(['spring'])
      expect(await kernel.needs.notes.get('right')?.all()).toEqual([])
    }
    await using again = await start()
    expect(await again.needs.notes.get('left')?.all()).toEqual(['spring'])
  })
})
