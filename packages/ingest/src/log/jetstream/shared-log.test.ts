import { randomUUID } from 'node:crypto'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { type NatsServer, natsSkipReason, startNatsServer } from '@tenon/testing/stores'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, quiet, type World } from '../../world.fixture.ts'
import type { EventLog, EventLogs, LogRecord } from '../event-log.ts'
import { jetStreamKind } from '../log-places.fixture.ts'
import { decodeFrames, encodeFrame } from '../message-frames.ts'
import { LOG_HOLD, type SharedLog, type SharedMessage } from '../shared-log.ts'
import { jetStreamLogs } from './jetstream-logs.ts'
import { relayTo } from './relay.fixture.ts'
import { subjectOf } from './stream.ts'
import { openStreamRestorer } from './stream-restorer.ts'

async function all<T>(from: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const one of from) found.push(one)
  return found
}

const missing = natsSkipReason('a shared log, made again out of its messages')

describe.skipIf(missing !== undefined)('a shared log', () => {
  let nats: NatsServer
  beforeAll(async () => {
    nats = await startNatsServer()
  })
  afterAll(() => nats?.close())

  const options = (name: string) => ({ url: nats.url, name, partitions: 1, budgetBytes: 8_000_000, logger: quiet })
  const open = (name: string): Promise<EventLogs> => jetStreamLogs(options(name))()
  const only = <T>(list: readonly T[] | undefined): T => {
    const [one] = list ?? []
    if (one === undefined) throw new Error('there is one')
    return one
  }
  const records = async (log: EventLog, from: number): Promise<readonly LogRecord[]> =>
    (await log.read({ from, maxBytes: 1e9, maxParts: 1e9 })).records
  const name = () => `T${randomUUID().replaceAll('-', '').toUpperCase()}`

  it('is made again out of its messages, with its id, its positions and its places, and goes on', { timeout: 60_000 }, async () => {
    const [before, after] = [await open(name()), name()]
    const log = only(before.logs)
    // Some share a message, some have one of their own.
    await Promise.all(Array.from({ length: 200 }, (_, index) => log.append(Buffer.from(`record ${index}`), 1 + (index % 3))))
    for (const text of ['one', 'two', 'three']) await log.append(Buffer.from(text), 1)
    const end = (await log.look()).end
    const from = Math.floor(end / 2)
    const shared: SharedLog = only(before.copies)
    expect(await shared.end()).toBe(end)
    const messages = await all(shared.messages(from, end))
    const kept = await records(log, from)

    const stream = { name: `${after}_0`, id: log.id, from, until: end }
    const restorer = await openStreamRestorer(options(after))
    const attempt = { restore: 'backup-1', isAgain: false }
    expect(await restorer.occupied(attempt, [stream])).toEqual([])
    const copied = async function* () {
      yield* messages
    }
    await restorer.restore('backup-1', stream, copied())
    // It is there now; only the same restore, begun anew, may make it again.
    expect(await restorer.occupied(attempt, [stream])).toEqual([stream.name])
    expect(await restorer.occupied({ restore: 'backup-2', isAgain: true }, [stream])).toEqual([stream.name])
    expect(await restorer.occupied({ restore: 'backup-1', isAgain: true }, [stream])).toEqual([])
    await restorer.restore('backup-1', stream, copied())
    await restorer.close()

    const restored = await open(after)
    const again = only(restored.logs)
    expect(again.id).toBe(log.id)
    expect(await again.look()).toMatchObject({ first: from, end })
    expect(await records(again, from)).toEqual(kept)
    expect(await again.countParts(from, end)).toBe(await log.countParts(from, end))
    await again.append(Buffer.from('more'), 4)
    expect(await again.look()).toMatchObject({ end: end + 1 })
    expect((await records(again, end)).map(({ place, parts }) => [place, parts])).toEqual([[`${end}/0`, 4]])
    await again.release(end + 1)
    expect(await again.look()).toMatchObject({ first: end + 1, end: end + 1 })
    await again.append(Buffer.from('and more'), 1)
    await again.whenBeyond(end + 1, AbortSignal.timeout(5_000))
    expect((await records(again, end + 1)).map(({ payload }) => payload.toString())).toEqual(['and more'])
    await Promise.all([before.close(), restored.close()])
  })

  it('acknowledges nothing that a server which lost its count puts behind everybody', { timeout: 60_000 }, async () => {
    const stream = name()
    const log = only((await open(stream)).logs)
    for (const text of ['one', 'two', 'three']) await log.append(Buffer.from(text), 1)
    await log.release(3)
    expect(log.state()).toMatchObject({ first: 3, end: 3 })

    const connection = await connect({ servers: nats.url })
    const manager = await jetstreamManager(connection)
    const { config } = await manager.streams.info(`${stream}_0`)
    await manager.streams.delete(config.name)
    await manager.streams.add(config)
    await connection.close()

    for (const text of ['four', 'five', 'six'])
      await expect(log.append(Buffer.from(text), 1)).rejects.toMatchObject({ code: 'TENON_LOG_WRITE_FAILED' })
    expect(await log.append(Buffer.from('seven'), 1)).toBe('durable')
    expect(await log.look()).toMatchObject({ first: 3, end: 4 })
    expect((await records(log, 3)).map(({ payload }) => payload.toString())).toEqual(['seven'])
  })

  it('has a message once whose acknowledgement was lost', { timeout: 60_000 }, async () => {
    const relay = await relayTo(nats.url)
    const logs = await jetStreamLogs({ ...options(name()), url: relay.url })()
    const log = only(logs.logs)
    const texts = ['one', 'two', 'three', 'four', 'five', 'six']
    relay.lose(1)
    expect(await Promise.all(texts.map((text) => log.append(Buffer.from(text), 2)))).toEqual(texts.map(() => 'durable'))
    expect(relay.left).toBe(0)
    expect((await records(log, 0)).map(({ payload }) => payload.toString()).toSorted()).toEqual(texts.toSorted())
    expect(await log.countParts(0, (await log.look()).end)).toBe(2 * texts.length)
    await logs.close()
    await relay.close()
  })

  it('has a record for every message, also for one of somebody else that is empty', { timeout: 60_000 }, async () => {
    const stream = name()
    const logs = await open(stream)
    const log = only(logs.logs)
    const connection = await connect({ servers: nats.url })
    await connection.request(subjectOf(`${stream}_0`))
    await connection.close()
    await log.append(Buffer.from('ours'), 3)
    const { records: found, parts } = await log.read({ from: 0, maxBytes: 1e9, maxParts: 1e9 })
    expect(found.map(({ place, parts: of, payload }) => [place, of, payload.toString()])).toEqual([
      ['0', 1, ''],
      ['1/0', 3, 'ours'],
    ])
    expect(parts).toBe(await log.countParts(0, 2))
    await logs.close()
  })

  it('that a restore did not finish is no log, and messages that are gone are not passed over', { timeout: 60_000 }, async () => {
    const [before, after] = [await open(name()), name()]
    const log = only(before.logs)
    for (const text of ['one', 'two', 'three']) await log.append(Buffer.from(text), 1)
    const messages = await all(only(before.copies).messages(0, 3))
    const restorer = await openStreamRestorer(options(after))
    const cut = async function* () {
      yield* messages.slice(0, 2)
    }
    const stream = { name: `${after}_0`, id: log.id, from: 0, until: 3 }
    await expect(restorer.restore('cut', stream, cut())).rejects.toMatchObject({ code: 'TENON_LOG_WRITE_FAILED' })
    await expect(open(after)).rejects.toMatchObject({ code: 'TENON_LOG_UNREACHABLE' })
    await restorer.close()
    await log.release(3)
    await log.append(Buffer.from('four'), 1)
    await expect(all(only(before.copies).messages(1, 4))).rejects.toMatchObject({ code: 'TENON_LOG_CORRUPT' })
    await before.close()
  })
})

describe.skipIf(missing !== undefined)('what a fleet has stored', () => {
  let world: World
  let nats: NatsServer
  beforeAll(async () => {
    ;[world, nats] = await Promise.all([createWorld(jetStreamKind), startNatsServer()])
  })
  afterAll(() => Promise.all([world?.close(), nats?.close()]))

  it('is what a request brought, once, though its acknowledgement was lost: also a refusal, and events without an id', {
    timeout: 60_000,
  }, async () => {
    const relay = await relayTo(nats.url)
    const ingest = await world.start({ log: jetStreamLogs({ url: relay.url, partitions: 1, budgetBytes: 8_000_000, logger: quiet }) })
    const before = await ingest.measure()
    let sent: number
    let refusals = 0
    relay.lose(1)
    do {
      await expect.poll(() => ingest.logHealth().status, { timeout: 20_000 }).toBe('ok')
      // Each try says something else: of the same request once more the source would make the same ids.
      const event = { type: 'track', event: 'Without an id', userId: 'nameless', properties: { refusals } }
      sent = (await world.send(ingest, '/v1/batch', { batch: [event, event, { ...event, event: '' }] })).status
      // Where it takes long until there is a connection again nobody is promised anything: it may be kept, once.
      if (sent === 429) refusals += 1
    } while (sent === 429 && refusals < 3)
    expect(relay.left).toBe(0)
    expect(sent).toBe(200)
    await ingest.idle()
    const after = await ingest.measure()
    const messages = after.end - before.end
    expect(messages).toBeGreaterThanOrEqual(1)
    expect(messages).toBeLessThanOrEqual(1 + refusals)
    expect(after).toMatchObject({ received: 3 * messages, stored: 2 * messages, failed: messages, duplicate: 0, inLog: 0 })
    expect(await world.analytics.in('shop').countEvents()).toBe(2 * messages)
    await ingest.stop()
    await relay.close()
  })

  it('stays in the streams while a backup holds them, and goes afterwards', { timeout: 60_000 }, async () => {
    const ingest = await world.start()
    const [log] = ingest.sharedLogs()
    if (log === undefined) throw new Error('there is one')
    const send = (userId: string) => world.send(ingest, '/v1/track', { userId, event: 'Held' })
    await world.store.jobs.lease({
      job: LOG_HOLD,
      ttlMs: 10_000,
      run: async () => {
        for (const userId of ['a', 'b', 'c']) {
          await send(userId)
          await ingest.idle()
        }
        expect(await all(log.messages(0, await log.end()))).toHaveLength(3)
      },
    })
    await send('d')
    await ingest.idle()
    await expect.poll(() => all(log.messages(0, 1)).catch(({ code }) => code), { timeout: 20_000 }).toBe('TENON_LOG_CORRUPT')
  })
})

describe('messages in a file', () => {
  const messages: readonly SharedMessage[] = [
    { sequence: 2 ** 40, parts: 3, data: Buffer.from('first') },
    { sequence: 2 ** 40 + 1, parts: 0, data: Buffer.alloc(0) },
    { sequence: 2 ** 40 + 2, parts: 1, data: Buffer.alloc(70_000, 7) },
  ]
  const file = Buffer.concat(messages.flatMap(encodeFrame))
  async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }

  it.each([1, 7, 16, 21, 1_000, 1_000_000])('come back from pieces of %i bytes', async (size) => {
    const read = await all(decodeFrames(cut(size === 1 ? file.subarray(0, 37) : file, size)))
    const expected = size === 1 ? messages.slice(0, 2) : messages
    expect(read.map(({ data, ...head }) => ({ ...head, data: Buffer.from(data) }))).toEqual(expected)
  })

  it('that end within one are an error', async () => {
    await expect(all(decodeFrames(cut(file.subarray(0, 60), 9)))).rejects.toMatchObject({ code: 'TENON_LOG_READ_FAILED' })
  })
})
