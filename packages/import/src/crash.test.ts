import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openAnalytics } from '@tenon/analytics'
import { openStore } from '@tenon/store'
import { ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { outcomeOf, until } from './import-world.fixture.ts'

const ROWS = 8_000
const USERS = Array.from({ length: 50 }, (_, index) => `u${index}`)
const KILLS = 4

let stores: Awaited<ReturnType<typeof ephemeralStores>>
let dir = ''
const children = new Set<ChildProcess>()
beforeAll(async () => {
  stores = await ephemeralStores()
  dir = await mkdtemp(join(tmpdir(), 'tenon-import-crash-'))
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await stores?.close()
  await rm(dir, { recursive: true, force: true })
})

/** Every hundredth row has no number, every thousandth can not be parsed at all. */
const lineOf = (row: number): string =>
  row % 1_000 === 7 ? `"${row}"x,u1,2024-01-01,1` : `${row},u${row % 50},2024-01-01T00:00:00Z,${row % 100 === 3 ? 'many' : row}`

const mapping = {
  name: 'Order Completed',
  identifiers: { user_id: 'user' },
  timestamp: 'at',
  properties: { order: 'order', total: { column: 'total', as: 'number' } },
}

async function startProcess(): Promise<ChildProcess> {
  const { databaseUrl, clickhouseUrl } = stores
  const child = fork(fileURLToPath(new URL('./import-process.fixture.ts', import.meta.url)), [
    JSON.stringify({ databaseUrl, clickhouseUrl, dir }),
  ])
  children.add(child)
  await once(child, 'message')
  return child
}

it('of the importing process, again and again, loses nothing and doubles nothing', { timeout: 240_000 }, async () => {
  const clock = { now: () => new Date() }
  const store = openStore({ databaseUrl: stores.databaseUrl, clock })
  const analytics = openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock })
  let child = await startProcess()
  await writeFile(
    join(dir, 'files', 'orders.csv'),
    `order,user,at,total\n${Array.from({ length: ROWS }, (_, row) => lineOf(row)).join('\n')}\n`,
  )
  const begin = async (workspace: string) => {
    const made = await store.in(workspace).imports.create({ key: 'orders', source: { file: 'orders.csv' }, mapping, maxFailures: 1_000 })
    if (made === undefined) throw new Error('not made')
    return made.id
  }
  const state = (workspace: string, id: string) => store.in(workspace).imports.get(id)
  const done = (workspace: string, id: string) =>
    until(async () => {
      const job = await state(workspace, id)
      return job?.state === 'done' || job?.state === 'failed' ? job : undefined
    }, 120_000)

  // In peace.
  const quiet = await done('other', await begin('other'))
  expect(quiet).toMatchObject({ state: 'done', counts: { rows: ROWS, failed: ROWS / 100 + ROWS / 1_000 } })

  // And among kills, each after a little more has come.
  const id = await begin('shop')
  let before = 0
  let kills = 0
  for (; kills < KILLS; kills++) {
    const job = await until(async () => {
      const now = await state('shop', id)
      return now?.state === 'done' || (now?.counts.rows ?? 0) > before ? now : undefined
    })
    if (job.state === 'done') break
    before = job.counts.rows
    child.kill('SIGKILL')
    await once(child, 'exit')
    child = await startProcess()
  }
  expect(kills).toBeGreaterThan(2)
  const finished = await done('shop', id)
  expect(finished.counts).toEqual(quiet.counts)

  // The same once more: no row comes twice.
  const again = await done('shop', await begin('shop'))
  expect(again.counts).toEqual(quiet.counts)
  child.send('end')
  await once(child, 'exit')

  const [peaceful, killed] = [await outcomeOf({ analytics }, store, 'other', USERS), await outcomeOf({ analytics }, store, 'shop', USERS)]
  expect(peaceful.stored).toBe(quiet.counts.accepted)
  expect(peaceful.events).toHaveLength(quiet.counts.accepted)
  expect(peaceful.failed).toHaveLength(quiet.counts.failed)
  expect(killed).toEqual(peaceful)
  await Promise.all([store.close(), analytics.close()])
})
