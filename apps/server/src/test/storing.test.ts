import { readdirSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnTenon } from './commands.fixture.ts'
import { moved, whenQuiet } from './figures.fixture.ts'
import { startServerAt, type TestPlace, type TestServer, testPlace } from './running.fixture.ts'

const linux = process.platform === 'linux'

/** Processes that store for a server. */
function storingOf(server: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return Number(parent) === server && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('storing-main')
      } catch {
        return false
      }
    })
}

/** Once there is one. */
async function theOneOf(server: number): Promise<number> {
  await expect.poll(() => storingOf(server), { timeout: 30_000 }).toHaveLength(1)
  const [pid] = storingOf(server)
  if (pid === undefined) throw new Error('it went away')
  return pid
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const paid = (index: number) => ({
  type: 'track',
  event: 'Paid',
  userId: `p-${index}`,
  messageId: `m-${index}`,
  properties: { total: index },
})

describe.skipIf(!linux)('the process that stores', () => {
  let place: TestPlace
  let server: TestServer
  beforeAll(async () => {
    place = await testPlace()
    server = await startServerAt(place)
  })
  afterAll(async () => {
    await server.close()
    await place.close()
  })

  const send = async (from: number, to: number) => {
    const batch = Array.from({ length: to - from }, (_, index) => paid(from + index))
    expect(await server.track('/v1/batch', { batch })).toMatchObject({ status: 200 })
  }

  it('may die: events are accepted meanwhile, stored once, and counted and evaluated as if nothing had been', {
    timeout: 120_000,
  }, async () => {
    const rule = { event: 'Paid', measure: 'count', gte: 1 }
    const segment = { label: { en: 'Payers' }, definition: { rule } }
    expect(await server.call('PUT', '/v1/segments/payers', segment)).toMatchObject({ status: 200 })
    await send(0, 40)
    const before = await whenQuiet(server)
    for (let round = 0; round < 5; round++) {
      const pid = await theOneOf(process.pid)
      // It lives and stores.
      await server.settle()
      await send(40 + round * 20, 60 + round * 20)
      process.kill(pid, 'SIGKILL')
      await expect.poll(() => storingOf(process.pid)).not.toContain(pid)
    }
    await server.settle()
    const after = await whenQuiet(server)
    expect(moved('tenon_events_total', before, after)).toEqual({ 'state="received"': 100, 'state="stored"': 100 })
    const { members } = await server.get('/v1/segments/payers/members?limit=1000')
    expect(members).toHaveLength(140)
    // What is counted never goes back, whichever process counted it.
    for (const [series, value] of before)
      if (/_total(\{|$)|_count(\{|$)/.test(series) && series.startsWith('tenon_'))
        expect(after.get(series), series).toBeGreaterThanOrEqual(value)
    expect(moved('tenon_identity_events_total', before, after)).toMatchObject({ 'outcome="create"': expect.any(Number) })
    expect(after.get('tenon_storing_resident_bytes')).toBeGreaterThan(30_000_000)
    const lines = server.logged.map(({ message }) => message)
    expect(new Set(lines)).toEqual(new Set(['the process that stores events ended; it is started again']))
    expect(await server.get('/readyz')).toMatchObject({ parts: { ingest: { status: 'ok' } } })
  })

  it('ends with the server, stopped or killed', { timeout: 120_000 }, async () => {
    await theOneOf(process.pid)
    await server.close()
    expect(storingOf(process.pid)).toEqual([])
    const child = spawnTenon(place, 'start', '--no-sample')
    const pid = await theOneOf(child.pid ?? process.pid)
    child.kill('SIGKILL')
    await expect.poll(() => isThere(pid), { timeout: 10_000 }).toBe(false)
    server = await startServerAt(place)
    expect((await whenQuiet(server)).get('tenon_events_total{state="stored"}')).toBe(140)
  })
})

describe.skipIf(!linux)('plugins of the process that stores', () => {
  let place: TestPlace
  let server: TestServer
  beforeAll(async () => {
    place = await testPlace({ TENON_EDITION: fileURLToPath(new URL('./two-faced-edition.fixture.ts', import.meta.url)) })
    server = await startServerAt({ ...place, env: { ...place.env, TENON_TEST_EXTRA: join(place.dataDir, 'extra') } })
  })
  afterAll(async () => {
    await server.close()
    await place.close()
  })
  const part = async (name: string) => (((await server.call('GET', '/readyz')).body as Ready).parts[name] ?? {}) as object

  it('are as well as where they are worse off', { timeout: 60_000 }, async () => {
    const unwell = { status: 'degraded', reason: 'in the process that stores: no licence' }
    await expect.poll(() => part('plugin two-faced'), { timeout: 30_000 }).toEqual(unwell)
    const { plugins } = (await server.get('/v1/plugins')) as { plugins: { instance: string; health: object }[] }
    expect(plugins.find(({ instance }) => instance === 'two-faced')?.health).toEqual(unwell)
  })

  it('are those of the server: what was changed beneath it waits for its restart, and so do events', { timeout: 60_000 }, async () => {
    await server.track('/v1/track', paid(1))
    await server.settle()
    await writeFile(join(place.dataDir, 'extra'), '')
    process.kill(await theOneOf(process.pid), 'SIGKILL')
    await server.track('/v1/track', paid(2))
    const changed = () => server.logged.some(({ fields }) => JSON.stringify(fields).includes('TENON_EDITION_CHANGED'))
    await expect.poll(changed, { timeout: 20_000 }).toBe(true)
    expect(await part('ingest')).toEqual({ status: 'degraded', reason: 'events wait in the log: TENON_STORING_ENDED' })
    await rm(join(place.dataDir, 'extra'))
    await server.settle()
    expect((await whenQuiet(server)).get('tenon_events_total{state="stored"}')).toBe(2)
    expect(await part('ingest')).toEqual({ status: 'ok' })
  })

  it('do not wait for each other: such an edition does not start', { timeout: 60_000 }, async () => {
    const plugins = join(import.meta.dirname, '../../../../plugins')
    const named = (plugin: string, more: object = {}) => ({ plugin: join(plugins, plugin, 'src/index.ts'), config: {}, ...more })
    const pii = (as: string, after: string) => named('transform-pii', { as, config: { rules: [], after: [after] } })
    const edition = join(place.dataDir, 'waiting.json')
    const waiting = ['source-segment', 'identity-rules', 'consent-basic'].map((plugin) => named(plugin))
    await writeFile(edition, JSON.stringify({ name: 'waiting', plugins: [...waiting, pii('left', 'right'), pii('right', 'left')] }))
    const dataDir = join(place.dataDir, 'waiting')
    const starting = startServerAt({ ...place, dataDir, env: { ...place.env, TENON_DATA: dataDir, TENON_EDITION: edition } })
    await expect(starting).rejects.toMatchObject({ code: 'TENON_TRANSFORMATION_ORDER_INVALID' })
  })
})

interface Ready {
  readonly parts: Readonly<Record<string, unknown>>
}
