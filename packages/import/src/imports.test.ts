import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@tenon/kernel/contracts'
import type { StoredImport } from '@tenon/store'
import { ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ImportWorld, openImportWorld, outcomeOf, until } from './import-world.fixture.ts'

let stores: Awaited<ReturnType<typeof ephemeralStores>>
let world: ImportWorld
let dir = ''
/** What the address of the tests gives, with what it says of it. */
let served: { readonly text: string; readonly headers: OutgoingHttpHeaders } = { text: '', headers: {} }
const server = createServer((_, response) => response.writeHead(200, served.headers).end(served.text))
let site = ''
beforeAll(async () => {
  stores = await ephemeralStores()
  dir = await mkdtemp(join(tmpdir(), 'tenon-imports-'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  site = `http://${host}`
  world = await openImportWorld({ ...stores, dir, hosts: [host] })
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await world?.close()
  await stores?.close()
  await rm(dir, { recursive: true, force: true })
})

const write = (name: string, content: string) => writeFile(join(world.folder, name), content)
const mapping: Json = { name: 'Order', identifiers: { user_id: 'user' }, properties: { n: { column: 'n', as: 'number' } } }

/** Of each 500 rows that are noted too many fail. */
const bad = `user,n\n${'an,many\n'.repeat(2_000)}`

async function ended(workspace: string, id: string): Promise<StoredImport> {
  const job = await until(async () => {
    const now = await world.imports.get(workspace, id)
    return now !== undefined && ['done', 'failed', 'cancelled'].includes(now.state) ? now : undefined
  })
  await world.ingest.idle()
  // What became of the rows is known once they are stored.
  return (await world.imports.get(workspace, id)) ?? job
}

async function run(
  workspace: string,
  request: { readonly source: Json; readonly mapping?: Json; readonly key?: string; readonly maxFailures?: number },
) {
  const made = await world.imports.create({ workspace, mapping, maxFailures: 100, ...request })
  if (made === undefined) throw new Error('another one is under way')
  return ended(workspace, made.id)
}

describe('an import', { timeout: 120_000 }, () => {
  it('brings each row once, as often as it is run, and refuses what can not be mapped', async () => {
    await write('a.csv', 'user,n\nan,1\nbo,2\nbo,many\nan,1\n')
    const job = await run('shop', { source: { file: 'a.csv' } })
    expect(job).toMatchObject({ state: 'done', key: 'a.csv', totalRows: 4, counts: { rows: 4, accepted: 3, failed: 1 } })
    expect(job.became).toEqual({ stored: 2, duplicate: 1, failed: 1, dropped: 0 })
    await write('a.csv', 'user,n\nan,1\nbo,2\nbo,many\nan,1\ncy,3\n')
    const again = await run('shop', { source: { file: 'a.csv' } })
    expect(again).toMatchObject({ state: 'done', counts: { rows: 5, accepted: 4, failed: 1 } })
    expect(again.became).toEqual({ stored: 1, duplicate: 4, failed: 0, dropped: 0 })
    expect((await world.imports.get('shop', job.id))?.became).toEqual(job.became)
    const { events, failed, stored } = await outcomeOf(world, world.store, 'shop', ['an', 'bo', 'cy'])
    expect(stored).toBe(3)
    expect(events.map((event) => JSON.parse(event)[2].n)).toEqual([1, 2, 3])
    expect(failed.map((one) => JSON.parse(one))).toEqual([['import', 'INVALID_VALUE', '{"user":"bo","n":"many"}']])
  })

  it('of an upload reads it and then removes it', async () => {
    async function* body() {
      yield Buffer.from('user,n\nup,')
      yield Buffer.from('7\n')
    }
    expect(await world.imports.upload('other', 'mine.csv', body())).toEqual({ upload: 'mine.csv', bytes: 12 })
    await expect(run('shop', { source: { upload: 'mine.csv' } })).resolves.toMatchObject({
      state: 'failed',
      error: { code: 'TENON_IMPORT_REFUSED' },
    })
    expect(await run('other', { source: { upload: 'mine.csv' } })).toMatchObject({ state: 'done', counts: { accepted: 1 } })
    expect(await run('other', { source: { upload: 'mine.csv' }, key: 'again' })).toMatchObject({ state: 'failed' })
    await expect(world.imports.upload('other', '../x.csv', body())).rejects.toMatchObject({ code: 'TENON_IMPORT_REFUSED' })
  })

  it('stops where too much fails, and where its file is another one', async () => {
    await write('bad.csv', bad)
    const job = await run('other', { source: { file: 'bad.csv' }, maxFailures: 10 })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'TENON_IMPORT_TOO_MANY_FAILURES' } })
    expect(job.counts.failed).toBeLessThan(1_000)
    await write('bad.csv', 'user,n\nan,1\n')
    expect(await world.imports.resume('other', job.id)).toBe(true)
    expect(await ended('other', job.id)).toMatchObject({ state: 'failed', error: { code: 'TENON_IMPORT_SOURCE_CHANGED' } })
    expect(await world.imports.resume('shop', job.id)).toBe(false)
  })

  it('of an address goes on while its server says that it is the same', async () => {
    const source = { url: `${site}/tagged.csv` }
    served = { text: bad, headers: { etag: '"v1"' } }
    const job = await run('other', { source, maxFailures: 10 })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'TENON_IMPORT_TOO_MANY_FAILURES' } })
    expect(await world.imports.resume('other', job.id)).toBe(true)
    const further = await ended('other', job.id)
    expect(further).toMatchObject({ error: { code: 'TENON_IMPORT_TOO_MANY_FAILURES' } })
    expect(further.counts.rows).toBeGreaterThan(job.counts.rows)
    served = { text: 'user,n\nweb,1\n', headers: { etag: '"v2"' } }
    expect(await world.imports.resume('other', job.id)).toBe(true)
    expect(await ended('other', job.id)).toMatchObject({ state: 'failed', error: { code: 'TENON_IMPORT_SOURCE_CHANGED' } })
  })

  it('of an address of which nobody knows whether it is the same begins again', async () => {
    served = { text: bad, headers: {} }
    const job = await run('other', { source: { url: `${site}/untold.csv` }, maxFailures: 10 })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'TENON_IMPORT_TOO_MANY_FAILURES' } })
    expect(job.place.rows).toBeGreaterThan(2)
    served = { text: 'user,n\nweb,1\nweb,2\n', headers: {} }
    expect(await world.imports.resume('other', job.id)).toBe(true)
    expect(await ended('other', job.id)).toMatchObject({ state: 'done', counts: { rows: 2, accepted: 2, failed: 0 } })
    expect((await outcomeOf(world, world.store, 'other', ['web'])).events).toHaveLength(2)
  })

  it('can be cancelled and goes on where it was', async () => {
    await write('long.csv', `user,n\n${Array.from({ length: 20_000 }, (_, n) => `long,${n}`).join('\n')}\n`)
    const before = await world.analytics.in('other').countEvents()
    const made = await world.imports.create({ workspace: 'other', source: { file: 'long.csv' }, mapping, maxFailures: 0 })
    const id = made?.id ?? ''
    await until(async () => ((await world.imports.get('other', id))?.counts.rows ?? 0) > 0 || undefined)
    expect(await world.imports.create({ workspace: 'other', source: { file: 'long.csv' }, mapping, maxFailures: 0 })).toBeUndefined()
    expect(await world.imports.cancel('other', id)).toBe(true)
    expect(await world.imports.cancel('other', id)).toBe(false)
    const stopped = await ended('other', id)
    expect(stopped.state).toBe('cancelled')
    expect(stopped.counts.rows).toBeLessThan(20_000)
    expect(await world.imports.resume('other', id)).toBe(true)
    const done = await ended('other', id)
    expect(done).toMatchObject({ state: 'done', counts: { rows: 20_000, accepted: 20_000 } })
    expect((await world.analytics.in('other').countEvents()) - before).toBe(20_000)
  })

  it('is refused with everything that is wrong with it', async () => {
    const wrong = {
      name: 'x',
      timestamp: { column: 'at', format: 'qq' },
      identifiers: { user_id: { column: 'a', template: '{b' } },
      colour: 1,
    }
    await expect(
      world.imports.create({ workspace: 'shop', source: { file: 'a.csv', table: 'b' }, mapping: wrong, maxFailures: 0 }),
    ).rejects.toMatchObject({
      code: 'TENON_IMPORT_INVALID',
    })
    const half = { name: { template: 'a {b' }, timestamp: { column: 'at', zone: 'Mars/North' } }
    await expect(
      world.imports.create({ workspace: 'shop', source: { file: 'a.csv' }, mapping: half, maxFailures: 0 }),
    ).rejects.toMatchObject({
      details: { errors: [{ path: 'mapping.name.template' }, { path: 'mapping.timestamp' }] },
    })
  })
})

describe('a preview', { timeout: 60_000 }, () => {
  it('shows rows as they are, as events, and what is wrong with each', async () => {
    await write('p.csv', 'user,n\nan,1\nbo,many\ncy\n')
    const before = await world.analytics.in('shop').countEvents()
    const preview = await world.imports.preview({
      ...{ workspace: 'shop', rows: 10, source: { file: 'p.csv' } },
      mapping: { ...(mapping as object), traits: { email: 'e-mail' } } as Json,
    })
    expect(preview.columns).toEqual(['user', 'n'])
    expect(preview.rows).toMatchObject([
      {
        raw: { user: 'an', n: '1' },
        event: { type: 'track', name: 'Order', identifiers: [{ type: 'user_id', value: 'an' }], properties: { n: 1 } },
      },
      { raw: { user: 'bo', n: 'many' }, problem: { code: 'INVALID_VALUE' } },
      { problem: { code: 'RAGGED_ROW' } },
    ])
    expect(preview.problems).toEqual([{ path: 'mapping', message: expect.stringContaining("'e-mail'") }])
    expect(await world.analytics.in('shop').countEvents()).toBe(before)
  })

  it('warns of rows that would be one event', async () => {
    const problemsOf = async (content: string, messageId?: Json) => {
      await write('alike.csv', content)
      const given: Json = messageId === undefined ? mapping : { ...(mapping as object), messageId }
      return (await world.imports.preview({ workspace: 'shop', rows: 10, source: { file: 'alike.csv' }, mapping: given })).problems
    }
    const twice = 'user,n\nan,1\nbo,2\nan,1\n'
    expect(await problemsOf(twice)).toEqual([
      { path: 'mapping.messageId', message: expect.stringContaining('rows 1, 3 have one message id') },
    ])
    expect(await problemsOf('user,n\nan,1\nan,2\nbo,3\nbo,4\n', { columns: ['user'] })).toEqual([
      { path: 'mapping.messageId', message: expect.stringMatching(/rows 1, 2 have .*1 more message id is/) },
    ])
  })
})
