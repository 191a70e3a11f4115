import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIngest, type Ingest } from '../ingest.ts'
import { localLog } from '../log/local-log.ts'
import { createWorld, quiet, type World } from '../world.fixture.ts'
import { createRemoteStorer, type StoringProcess } from './remote-storer.ts'
import type { FromStoring } from './storing-messages.ts'

const ENTRY = fileURLToPath(new URL('./storing-process.fixture.ts', import.meta.url))

let world: World
const folders: string[] = []
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world.close()
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
})

interface Server {
  readonly ingest: Ingest
  /** The processes that were started, in order; those that ended included. */
  readonly children: readonly ChildProcess[]
  /** What the next ones are like. */
  mood: string
}

async function startServer(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'tenon-storing-'))
  folders.push(folder)
  const children: ChildProcess[] = []
  const launch = (): StoringProcess => {
    const child = fork(ENTRY, [world.databaseUrl, world.clickhouseUrl, server.mood], {
      execArgv: ['--conditions=@tenon/source'],
      ...{ serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    })
    children.push(child)
    return {
      send: async (message) => void (child.connected && child.send(message, () => undefined)),
      onMessage: (listener) => void child.on('message', (message: FromStoring) => listener(message)),
      ended: new Promise((resolve) => void child.once('close', (code, signal) => resolve(String(signal ?? code)))),
      kill: () => void child.kill('SIGKILL'),
    }
  }
  const { store } = world
  const ingest = createIngest({
    ...{ store, clock: { now: () => new Date() }, logger: quiet, keys: store.keys, sources: new Map() },
    log: localLog({ folder, segmentBytes: 20_000 }),
    storer: createRemoteStorer({ folder, launch, logger: quiet, patience: { silentBeats: 2, deadBeats: 6, unbornBeats: 300 } }),
  })
  const server = { ingest, children, mood: '' }
  return server
}

const accept = ({ ingest }: Server, ids: readonly string[], person: string) =>
  ingest.accept({
    ...{ workspace: 'shop', source: 'web', refused: [] },
    drafts: ids.map((messageId) => ({
      ...{ messageId, type: 'track', name: 'Apart', identifiers: [{ type: 'user_id', value: person }] },
      ...{ properties: {}, traits: {}, context: {}, timestamp: new Date() },
    })),
  })

async function messagesOf(person: string): Promise<readonly string[]> {
  const profile = await world.store.in('shop').profiles.find({ type: 'user_id', value: person })
  const page = profile === undefined ? { rows: [] } : await world.analytics.in('shop').events({ profile, limit: 10_000 })
  return page.rows.map(({ messageId }) => messageId).sort()
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

describe('a process that stores', () => {
  it('stores what another one accepts, and tells it of every batch', { timeout: 60_000 }, async () => {
    const server = await startServer()
    const told: number[] = []
    server.ingest.onStored(({ profiles }) => told.push(...(profiles.get('shop') ?? [])))
    await server.ingest.start()
    const ids = Array.from({ length: 50 }, (_, index) => `a-${index}`)
    await accept(server, ids, 'apart')
    await accept(server, ids, 'apart')
    await server.ingest.idle()
    expect(await messagesOf('apart')).toEqual(ids.toSorted())
    expect(new Set(told)).toEqual(new Set([await world.store.in('shop').profiles.find({ type: 'user_id', value: 'apart' })]))
    expect(server.ingest.stats()).toMatchObject({ received: 100, stored: 50, duplicate: 50, failed: 0, inLog: 0 })
    await server.ingest.stop()
    expect(server.children.map(hasEnded)).toEqual([true])
  })

  it('may be killed at any moment: nothing is lost, and nothing is stored twice', { timeout: 240_000 }, async () => {
    const server = await startServer()
    await server.ingest.start()
    const ids: string[] = []
    for (let round = 0; round < 10; round++) {
      const last = server.children.length
      const { batches } = server.ingest.stats()
      await accept(server, [`k-${ids.length}`], 'killed')
      ids.push(`k-${ids.length}`)
      // It lives and stores.
      await expect.poll(() => server.ingest.stats().batches, { timeout: 20_000, interval: 2 }).toBeGreaterThan(batches)
      const until = performance.now() + 17 * round
      while (performance.now() < until) {
        const some = Array.from({ length: 25 }, (_, index) => `k-${ids.length + index}`)
        expect(await accept(server, some, 'killed')).toMatchObject({ kind: 'durable' })
        ids.push(...some)
        await delay(10)
      }
      server.children.at(-1)?.kill('SIGKILL')
      await expect.poll(() => server.children.length, { timeout: 10_000 }).toBeGreaterThan(last)
    }
    await server.ingest.idle()
    expect(await messagesOf('killed')).toEqual(ids.toSorted())
    expect(server.ingest.stats()).toMatchObject({ received: ids.length, stored: ids.length, duplicate: 0, failed: 0, inLog: 0 })
    await server.ingest.stop()
    expect(server.children.every(hasEnded)).toBe(true)
  })

  it('that can not start costs nothing but time, and is told of', { timeout: 60_000 }, async () => {
    const server = await startServer()
    server.mood = 'fails'
    await server.ingest.start()
    await accept(server, ['f-1', 'f-2'], 'patient')
    await expect
      .poll(() => server.ingest.health(), { timeout: 10_000 })
      .toEqual({ status: 'degraded', reason: 'events wait in the log: TENON_STORING_ENDED' })
    expect(server.ingest.logHealth()).toEqual({ status: 'ok' })
    server.mood = ''
    await server.ingest.idle()
    expect(await messagesOf('patient')).toEqual(['f-1', 'f-2'])
    await expect.poll(() => server.ingest.health()).toEqual({ status: 'ok' })
    await server.ingest.stop()
  })

  it('that says nothing any more is told of; it may come back, and is replaced where it does not', { timeout: 60_000 }, async () => {
    const server = await startServer()
    await server.ingest.start()
    await accept(server, ['s-1'], 'silent')
    await server.ingest.idle()
    const silent = { status: 'degraded', reason: 'events wait in the log: TENON_STORING_SILENT' }
    const health = () => expect.poll(() => server.ingest.health(), { timeout: 15_000 })
    server.children[0]?.kill('SIGSTOP')
    await health().toEqual(silent)
    server.children[0]?.kill('SIGCONT')
    await health().toEqual({ status: 'ok' })
    server.children[0]?.kill('SIGSTOP')
    await accept(server, ['s-2'], 'silent')
    await health().toEqual(silent)
    await server.ingest.idle()
    expect(server.children.map(({ signalCode }) => signalCode)).toEqual(['SIGKILL', null])
    expect(await messagesOf('silent')).toEqual(['s-1', 's-2'])
    await health().toEqual({ status: 'ok' })
    await server.ingest.stop()
  })

  it('that does not listen is killed when the server stops', { timeout: 60_000 }, async () => {
    const server = await startServer()
    server.mood = 'deaf'
    await server.ingest.start()
    await accept(server, ['d-1'], 'unheard')
    await server.ingest.stop({ drainMs: 0 })
    await expect.poll(() => server.children.map(({ signalCode }) => signalCode)).toEqual(['SIGKILL'])
  })
})
