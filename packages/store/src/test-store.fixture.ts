import { ephemeralStores } from '@tenon/testing/stores'
import { openStore, type StoreOptions } from './open-store.ts'
import type { Store } from './store.ts'

export interface TestClock {
  now(): Date
  advance(ms: number): void
}

export interface TestStore {
  readonly store: Store
  readonly clock: TestClock
  readonly databaseUrl: string
  /** A second process on the same database. */
  another(): Store
  close(): Promise<void>
}

const START = Date.UTC(2026, 0, 1)

/** A migrated store in a database of its own, with a clock that only moves when it is told. */
export async function openTestStore(options: Partial<StoreOptions> = {}): Promise<TestStore> {
  const stores = await ephemeralStores()
  let now = START
  const clock: TestClock = {
    now: () => new Date(now),
    advance(ms) {
      now += ms
    },
  }
  const opened: Store[] = []
  const another = (): Store => {
    const store = openStore({ databaseUrl: stores.databaseUrl, clock, ...options })
    opened.push(store)
    return store
  }
  const store = another()
  await store.migrate()
  return {
    store,
    clock,
    databaseUrl: stores.databaseUrl,
    another,
    async close() {
      await Promise.all(opened.map((each) => each.close()))
      await stores.close()
    },
  }
}

/** Everything that an iterable gives. */
export async function collect<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(page)
  return all
}
