import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Analytics, openAnalytics } from '@tenon/analytics'
import type { Json } from '@tenon/kernel/contracts'
import { openStore, type Store } from '@tenon/store'
import { ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcomeOf, until } from './import-world.fixture.ts'
import {
  mySqlOrigin,
  ORIGIN_ROWS,
  ORIGIN_USERS,
  originMapping,
  originRows,
  postgresOrigin,
  writeOriginFiles,
  writeOriginObjects,
} from './origins.fixture.ts'
import { previewImport } from './preview.ts'
import { type ReaderUnderTest, readerUnderTest } from './reader/reader.fixture.ts'
import { readRequest } from './run/read-request.ts'
import type { Connection } from './source/connections.ts'
import { hasMySql, startRemoteMySql } from './source/remote-mysql.fixture.ts'
import { startRemotePostgres } from './source/remote-postgres.fixture.ts'
import { startRemoteS3 } from './source/remote-s3.fixture.ts'
import type { Stall } from './stallable.fixture.ts'

const ROWS = 6_000
const USERS = Array.from({ length: 50 }, (_, index) => `u${index}`)
const KILLS = 3

let stores: Awaited<ReturnType<typeof ephemeralStores>>
let store: Store
let analytics: Analytics
let dir = ''
const children = new Set<ChildProcess>()
beforeAll(async () => {
  stores = await ephemeralStores()
  const clock = { now: () => new Date() }
  store = openStore({ databaseUrl: stores.databaseUrl, clock })
  analytics = openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock })
  dir = await mkdtemp(join(tmpdir(), 'tenon-import-crash-'))
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all([store?.close(), analytics?.close()])
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

async function startProcess(options: {
  readonly dir: string
  readonly connections?: readonly (readonly [string, Connection])[]
}): Promise<ChildProcess> {
  const { databaseUrl, clickhouseUrl } = stores
  const child = fork(fileURLToPath(new URL('./import-process.fixture.ts', import.meta.url)), [
    JSON.stringify({ databaseUrl, clickhouseUrl, ...options }),
  ])
  children.add(child)
  await once(child, 'message')
  return child
}

const state = (workspace: string, id: string) => store.in(workspace).imports.get(id)
const done = (workspace: string, id: string) =>
  until(async () => {
    const job = await state(workspace, id)
    return job?.state === 'done' || job?.state === 'failed' ? job : undefined
  }, 120_000)

/** What became of the rows of an import, once something became of each. Rows that came again may be counted before the last ones: of new ones it is known how many there are. */
const becameOf = (workspace: string, id: string, fresh: number) =>
  until(async () => {
    const { counts, became } = (await state(workspace, id)) ?? {}
    if (counts === undefined || became === undefined) return undefined
    const { stored, duplicate, failed, dropped } = became
    return stored + failed < fresh || stored + duplicate + failed + dropped < counts.accepted + counts.failed ? undefined : became
  })

it('of the importing process, again and again, loses nothing and doubles nothing', { timeout: 240_000 }, async () => {
  let child = await startProcess({ dir })
  await writeFile(
    join(dir, 'files', 'orders.csv'),
    `order,user,at,total\n${Array.from({ length: ROWS }, (_, row) => lineOf(row)).join('\n')}\n`,
  )
  const begin = async (workspace: string) => {
    const made = await store.in(workspace).imports.create({ key: 'orders', source: { file: 'orders.csv' }, mapping, maxFailures: 1_000 })
    if (made === undefined) throw new Error('not made')
    return made.id
  }

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
    child = await startProcess({ dir })
  }
  expect(kills).toBeGreaterThan(1)
  const finished = await done('shop', id)
  expect(finished.counts).toEqual(quiet.counts)
  const { accepted, failed } = quiet.counts
  expect(await becameOf('other', quiet.id, ROWS)).toEqual({ stored: accepted, duplicate: 0, failed, dropped: 0 })
  // Rows that came again with a new process are counted as known before.
  expect(await becameOf('shop', id, ROWS)).toMatchObject({ stored: accepted, failed, dropped: 0 })

  // The same once more: no row comes twice.
  const again = await done('shop', await begin('shop'))
  expect(again.counts).toEqual(quiet.counts)
  expect(await becameOf('shop', again.id, 0)).toEqual({ stored: 0, duplicate: accepted + failed, failed: 0, dropped: 0 })
  child.send('end')
  await once(child, 'exit')

  const [peaceful, killed] = [await outcomeOf({ analytics }, store, 'other', USERS), await outcomeOf({ analytics }, store, 'shop', USERS)]
  expect(peaceful.stored).toBe(quiet.counts.accepted)
  expect(peaceful.events).toHaveLength(quiet.counts.accepted)
  expect(peaceful.failed).toHaveLength(quiet.counts.failed)
  expect(killed).toEqual(peaceful)
})

describe('of the importing process, between the log and the note of it', { timeout: 60_000 }, () => {
  const connections: [string, Connection][] = []
  const servers: { close(): Promise<void> }[] = []
  let test: ReaderUnderTest
  let child: ChildProcess
  let place = ''
  beforeAll(async () => {
    place = join(dir, 'origins')
    await mkdir(join(place, 'files'), { recursive: true })
    const [reader, s3, postgres, mysql] = await Promise.all([
      readerUnderTest(),
      startRemoteS3(join(dir, 's3'), ['lake']),
      startRemotePostgres({ password: 'geheim', setUp: postgresOrigin }),
      hasMySql ? startRemoteMySql({ password: 'geheim', setUp: mySqlOrigin }) : undefined,
    ])
    test = reader
    servers.push(reader, s3, postgres, ...(mysql === undefined ? [] : [mysql]))
    connections.push(['lake', s3.connection('lake')], ['shop', postgres.connection])
    if (mysql !== undefined) connections.push(['old', mysql.connection])
    await writeOriginFiles(reader.reader, join(place, 'files'))
    await writeOriginObjects(reader.reader, s3)
    await store.migrate()
    for (const { name } of [...origins, { name: 'twins' }]) await store.workspaces.ensure({ id: name, name })
    child = await startProcess({ dir: place, connections })
  })
  afterAll(async () => {
    for (const server of servers) await server.close()
  })

  const origins: readonly { readonly name: string; readonly source: Json; readonly left: object; readonly when?: Stall['when'] }[] = [
    { name: 'parquet', source: { file: 'orders.parquet' }, left: { piece: 0 } },
    { name: 'ndjson', source: { file: 'orders.ndjson' }, left: { piece: 0 } },
    { name: 'json', source: { file: 'orders.json' }, left: { piece: 0 }, when: 'before' },
    { name: 's3', source: { connection: 'lake', object: 'orders/*' }, left: { piece: 1 } },
    { name: 'postgres', source: { connection: 'shop', table: 'orders', key: 'ref' }, left: { after: expect.any(String) } },
    ...(hasMySql
      ? [{ name: 'mysql', source: { connection: 'old', table: 'orders', key: 'ref' }, left: { after: expect.any(String) } }]
      : []),
  ]
  const good = originRows.filter(({ total }) => total !== 'many')
  const counts = { rows: ORIGIN_ROWS, accepted: good.length, failed: ORIGIN_ROWS - good.length }
  const begin = async (workspace: string, source: Json) => {
    const made = await store.in(workspace).imports.create({ key: 'orders', source, mapping: originMapping, maxFailures: 100 })
    if (made === undefined) throw new Error('not made')
    return made.id
  }

  it.each(origins)('loses and doubles nothing of $name', async ({ name, source, left, when = 'after' }) => {
    const stalled = once(child, 'message')
    child.send({ workspace: name, rows: 700, when })
    const id = await begin(name, source)
    await stalled
    const noted = await state(name, id)
    expect(noted).toMatchObject({ state: 'running', place: left })
    expect(noted?.counts.rows).toBeGreaterThan(100)
    expect(noted?.counts.rows).toBeLessThan(700)
    child.kill('SIGKILL')
    await once(child, 'exit')
    child = await startProcess({ dir: place, connections })
    expect(await done(name, id)).toMatchObject({ state: 'done', counts })
    expect(await done(name, await begin(name, source))).toMatchObject({ state: 'done', counts })

    const settled = once(child, 'message')
    child.send('settle')
    await settled
    const { events, failed, stored } = await outcomeOf({ analytics }, store, name, ORIGIN_USERS)
    expect(stored).toBe(good.length)
    expect(events).toEqual(good.map(({ ref, at, total }) => JSON.stringify(['Order Completed', at, { ref, total: Number(total) }])).sort())
    expect(failed.map((one) => JSON.parse(one)[1])).toEqual(Array.from({ length: counts.failed }, () => 'INVALID_VALUE'))
  })

  it.each(origins)('shows before what $name would become', async ({ source }) => {
    const rights = { ...test.rights, folder: join(place, 'files'), connections: new Map(connections) }
    const now = new Date()
    const preview = await previewImport({
      reader: test.reader,
      rights,
      rows: 5,
      now,
      ...readRequest({ source, mapping: originMapping }, { startedAt: now }),
    })
    expect(preview).toMatchObject({ columns: ['ref', 'user', 'at', 'total'], problems: [] })
    expect(preview.rows).toHaveLength(5)
    for (const { raw, event, problem } of preview.rows) {
      const row = originRows.find(({ ref }) => typeof raw === 'object' && raw.ref === ref)
      if (row?.total === 'many') expect(problem).toMatchObject({ code: 'INVALID_VALUE' })
      else expect(event).toMatchObject({ timestamp: new Date(row?.at ?? ''), properties: { ref: row?.ref, total: Number(row?.total) } })
    }
  })

  it('stops at a key that is in two rows', async () => {
    const id = await begin('twins', { connection: 'shop', table: 'twins', key: 'id' })
    expect(await done('twins', id)).toMatchObject({
      state: 'failed',
      error: { code: 'TENON_IMPORT_KEY_INVALID', message: "column 'id': has the value '2' in two rows" },
    })
  })
})
