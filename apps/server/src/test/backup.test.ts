import { once } from 'node:events'
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openAnalytics } from '@tenon/analytics'
import { openStore } from '@tenon/store'
import { generateCustomers, type SegmentMessage } from '@tenon/testing/generator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnTenon, tenon } from './commands.fixture.ts'
import { startServerAt, type TestPlace, type TestServer, testPlace } from './running.fixture.ts'
import { samples } from './samples.fixture.ts'

const day = 86_400_000
const clock = { now: () => new Date() }
const to = new Date(Date.now() - day)
const customers = generateCustomers({ seed: 5, people: 40, from: new Date(to.getTime() - 40 * day), to })
const messages = [...customers.messages()]
const batches: readonly (readonly SegmentMessage[])[] = Array.from({ length: Math.ceil(messages.length / 40) }, (_, index) =>
  messages.slice(index * 40, index * 40 + 40),
)
const people = [...customers.truth()].flatMap(({ userId, sharedIds }) => (userId !== undefined && sharedIds.length === 0 ? [userId] : []))

let folder: string
let backup: string
const places: TestPlace[] = []
const place = async (): Promise<TestPlace> => {
  const made = await testPlace()
  places.push(made)
  return made
}

/** A command in a process of its own, which is killed when it says this. */
async function killedAt(said: RegExp, at: TestPlace, ...args: string[]): Promise<void> {
  const child = spawnTenon(at, ...args)
  const closed = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) if (said.test(line)) child.kill('SIGKILL')
  expect((await closed)[1]).toBe('SIGKILL')
}

/** All that a restore has to bring back, as the API tells it. */
async function stateOf(server: TestServer): Promise<unknown> {
  const get = async (path: string) => (await server.call('GET', path)).body
  const profiles = await Promise.all(
    people.map(async (userId) => {
      const { identifiers, traits, consent, segments, tags } = (await get(`/v1/profiles/user_id:${userId}`)) as Record<string, unknown>
      const values = Object.entries(tags as Record<string, { value: unknown }>).map(([tag, { value }]) => [tag, value])
      const keys = (segments as { key: string }[]).map(({ key }) => key)
      return [userId, sorted(identifiers), traits, sorted(consent), keys.sort(), sorted(values)]
    }),
  )
  const { body: segments } = await server.call('GET', '/v1/segments')
  const { body: tags } = await server.call('GET', '/v1/tags')
  return { profiles, segments, tags }
}
/** A receipt that is given again after the backup is another one. */
const sorted = (list: unknown): readonly string[] =>
  (list as unknown[]).map((entry) => JSON.stringify(entry).replaceAll(/"receipt":"[^"]+"/g, '')).sort()

async function onStores<T>(at: TestPlace, run: (events: { readonly stored: number; readonly distinct: number }) => T): Promise<T> {
  const analytics = openAnalytics({ clickhouseUrl: at.env.TENON_CLICKHOUSE_URL ?? '', clock })
  try {
    const seen = new Set<string>()
    let stored = 0
    for (const table of await analytics.backups.tables()) {
      if (table.name !== 'events') continue
      const columns = ['source', 'message_id']
      for (const partition of table.partitions) {
        const horizon = { lastBatch: Number.MAX_SAFE_INTEGER, openBatches: [], lastEntry: 0, turns: [] }
        let text = ''
        for await (const piece of analytics.backups.rows({ ...table, columns }, partition, horizon)) text += Buffer.from(piece).toString()
        for (const line of text.split('\n').filter(Boolean)) {
          stored += 1
          seen.add(line)
        }
      }
    }
    return run({ stored, distinct: seen.size })
  } finally {
    await analytics.close()
  }
}

const issue = (server: TestServer, userId: string | undefined) =>
  server.call('POST', '/v1/benefits/welcome/issue', { profile: `user_id:${userId}`, idempotencyKey: `welcome-${userId}` })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-backup-'))
  backup = join(folder, 'one')
})
afterAll(async () => {
  for (const each of places) await each.close()
  await rm(folder, { recursive: true, force: true })
})

describe('a backup while events flow', () => {
  let before: TestPlace
  let whole: unknown
  let coupons: readonly unknown[]
  let stored = 0
  const early: string[] = []

  it('is made by the running server', { timeout: 120_000 }, async () => {
    before = await place()
    const server = await startServerAt(before)
    await server.call('PUT', '/v1/items', { items: customers.catalogue.items })
    await server.call('PUT', '/v1/segments/restored', {
      kind: 'rules',
      label: { en: 'Restored' },
      definition: { rule: { event: 'Order Completed', measure: 'count', gte: 1 } },
    })
    await server.call('PUT', '/v1/benefits/welcome', samples['PUT /v1/benefits/{key}'])
    const half = Math.floor(batches.length / 2)
    for (const batch of batches.slice(0, half)) expect((await server.track('/v1/batch', { batch })).status).toBe(200)
    await server.settle()
    stored = await onStores(before, (events) => events.distinct)
    for (const userId of people) {
      const { status } = await server.call('GET', `/v1/profiles/user_id:${userId}`)
      if (status === 200 && early.length < 5) early.push(userId)
    }
    coupons = await Promise.all(early.map(async (userId) => (await issue(server, userId)).body))
    expect(coupons.filter((answer) => (answer as { ok?: boolean }).ok === true).length).toBeGreaterThan(0)

    let isCopying = true
    const copying = tenon(before, 'backup', backup).finally(() => {
      isCopying = false
    })
    let next = half
    for (; next < batches.length && isCopying; next++) expect((await server.track('/v1/batch', { batch: batches[next] })).status).toBe(200)
    const { code, out, err } = await copying
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/clickhouse events: [\d,]+ rows/)
    for (; next < batches.length; next++) await server.track('/v1/batch', { batch: batches[next] })
    await server.settle()
    whole = await stateOf(server)
    expect(server.logged).toEqual([])
    await server.close()
  })

  it('is whole, can not be overwritten, and is not read by others', async () => {
    expect(await tenon(before, 'verify-backup', backup)).toMatchObject({ code: 0, out: expect.stringContaining('whole: ') })
    expect(await tenon(before, 'backup', backup)).toMatchObject({ code: 1, err: expect.stringContaining('TENON_BACKUP_FOLDER_TAKEN') })
  })

  it('comes back elsewhere with all that was acknowledged, and the same client goes on as if nothing had been', {
    timeout: 180_000,
  }, async () => {
    const after = await place()
    expect(await tenon(after, 'restore', backup)).toMatchObject({ code: 0, err: '' })
    const server = await startServerAt(after)
    await server.settle()
    // What was acknowledged before the backup began is there, whether it had been stored or not; and nothing is there twice.
    const restored = await onStores(after, (events) => events)
    expect(restored.stored).toBe(restored.distinct)
    expect(restored.distinct).toBeGreaterThanOrEqual(stored)
    // The same coupons, also when they are asked for again.
    const again = await Promise.all(early.map(async (userId) => (await issue(server, userId)).body))
    expect(again).toEqual(coupons.map((coupon) => ({ ...(coupon as object), replayed: true })))
    // A client that never heard an answer sends everything again.
    for (const batch of batches) expect((await server.track('/v1/batch', { batch })).status).toBe(200)
    await server.settle()
    expect(await stateOf(server)).toEqual(whole)
    const [first, second] = await Promise.all([onStores(before, (events) => events), onStores(after, (events) => events)])
    expect(second).toEqual(first)
    expect(second.stored).toBe(second.distinct)
    const metrics = String((await server.call('GET', '/metrics')).body)
    const count = (state: string) => Number(new RegExp(`tenon_events_total\\{state="${state}"\\} (\\d+)`).exec(metrics)?.[1])
    expect(count('received')).toBe(count('stored') + count('duplicate') + count('failed'))
    expect(server.logged).toEqual([])
    await server.close()
  })

  it('goes into empty stores only', { timeout: 60_000 }, async () => {
    expect(await tenon(before, 'restore', backup)).toMatchObject({ code: 1, err: expect.stringContaining('TENON_RESTORE_NOT_EMPTY') })
  })
})

describe('a backup that is not whole', () => {
  const refused = async (damage: (copy: string) => Promise<void>, code: string) => {
    const copy = await mkdtemp(join(folder, 'damaged-'))
    await cp(backup, copy, { recursive: true })
    await damage(copy)
    const at = places[0] as TestPlace
    expect(await tenon(at, 'verify-backup', copy)).toMatchObject({ code: 1, err: expect.stringContaining(code) })
    // Before it looks at the stores.
    expect(await tenon(at, 'restore', copy)).toMatchObject({ code: 1, err: expect.stringContaining(code) })
  }
  const aFile = async (copy: string) => join(copy, 'clickhouse', (await readdir(join(copy, 'clickhouse')))[0] ?? '')

  it('is refused, whatever is wrong with it', { timeout: 120_000 }, async () => {
    await refused(async (copy) => rm(join(copy, 'manifest.json')), 'TENON_BACKUP_INCOMPLETE')
    await refused(async (copy) => rm(await aFile(copy)), 'TENON_BACKUP_INCOMPLETE')
    await refused(async (copy) => appendFile(await aFile(copy), 'x'), 'TENON_BACKUP_CORRUPT')
    await refused(async (copy) => {
      const bytes = await readFile(await aFile(copy))
      bytes.writeUInt8((bytes[bytes.length - 1] ?? 0) ^ 1, bytes.length - 1)
      await writeFile(await aFile(copy), bytes)
    }, 'TENON_BACKUP_CORRUPT')
    await refused(async (copy) => {
      const text = await readFile(join(copy, 'manifest.json'), 'utf8')
      await writeFile(join(copy, 'manifest.json'), text.replace(/"last": (\d+)/, '"last": 1$1'))
    }, 'TENON_BACKUP_CORRUPT')
    await refused(async (copy) => writeFile(join(copy, 'manifest.json'), '{'), 'TENON_BACKUP_CORRUPT')
  })

  it('because it was killed is refused; a restore that was killed is not started on, and can be done again', {
    timeout: 180_000,
  }, async () => {
    const at = places[0] as TestPlace
    const killed = join(folder, 'killed')
    await killedAt(/clickhouse events/, at, 'backup', killed)
    expect(await tenon(at, 'restore', killed)).toMatchObject({ code: 1, err: expect.stringContaining('TENON_BACKUP_INCOMPLETE') })

    const empty = await place()
    await killedAt(/clickhouse (events|failed_events)/, empty, 'restore', backup)
    await expect(startServerAt(empty)).rejects.toMatchObject({ code: 'TENON_RESTORE_UNFINISHED' })
    expect(await tenon(empty, 'restore', backup)).toMatchObject({ code: 0, err: '' })
    const store = openStore({ databaseUrl: empty.env.TENON_DATABASE_URL ?? '', clock })
    expect(await store.pending()).toEqual([])
    await store.close()
  })
})
