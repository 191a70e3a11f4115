import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FailedEvent, StoredEvent } from '@tenon/analytics'
import type { IdentityPolicy } from '@tenon/kernel/contracts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Ingest } from './ingest.ts'
import { failsWith, faultyDisk, isNotSynced, takesHalf } from './log/faulty-disk.fixture.ts'
import { localLog } from './log/local-log.ts'
import { createWorld, type World } from './world.fixture.ts'

let world: World
let ingest: Ingest
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  ingest = await world.start()
})
afterEach(() => {
  world.sabotage = () => undefined
  return ingest.stop({ drainMs: 0 })
})

const track = (messageId: string, more: object = {}) => ({ type: 'track', event: 'Test', messageId, ...more })
async function eventsOf(type: string, value: string, workspace = 'shop'): Promise<readonly StoredEvent[]> {
  const profile = await world.store.in(workspace).profiles.find({ type, value })
  return profile === undefined ? [] : (await world.analytics.in(workspace).events({ profile, limit: 1_000 })).rows
}
async function failures(workspace = 'shop'): Promise<readonly FailedEvent[]> {
  return (await world.analytics.in(workspace).failedEvents({ limit: 1_000 })).rows
}
const failureOf = async (messageId: string): Promise<FailedEvent | undefined> =>
  (await failures()).find((one) => one.messageId === messageId)

describe('refusals of a station that sends again', () => {
  it('are kept once, under its name, and do not stand in the way of the event once it is repaired', async () => {
    const refused = { code: 'NO_SUCH_COLUMN', message: 'there is no column', payload: { a: 1 }, messageId: 'row-1' }
    const acceptance = { workspace: 'other', source: 'import:rows', drafts: [], refused: [refused], stage: 'import' }
    for (let round = 0; round < 3; round++) {
      expect(await ingest.accept(acceptance)).toEqual({ kind: 'durable', accepted: 0, refused: 1 })
      await ingest.idle()
    }
    const repaired = {
      ...{ messageId: 'row-1', type: 'track' as const, name: 'Row', properties: {}, traits: {}, context: {}, timestamp: world.now },
      identifiers: [{ type: 'user_id', value: 'repaired' }],
    } as const
    await ingest.accept({ ...acceptance, drafts: [repaired], refused: [refused] })
    await ingest.idle()
    const kept = (await failures('other')).filter(({ source }) => source === 'import:rows')
    expect(kept).toMatchObject([{ stage: 'import', code: 'NO_SUCH_COLUMN', messageId: 'row-1', payload: '{"a":1}' }])
    expect(await eventsOf('user_id', 'repaired', 'other')).toHaveLength(1)
    const { received, stored, duplicate, failed, dropped, inLog } = ingest.stats()
    expect(received).toBe(stored + duplicate + failed + dropped + inLog)
  })
})

describe('who waits for what was accepted', () => {
  const gone = () => new AbortController().signal

  it('waits until it is stored, and not at all where nothing waits', async () => {
    await ingest.settled({ limitMs: 60_000, signal: gone() })
    await world.send(ingest, '/v1/track', track('settled-1', { userId: 'settled' }))
    await ingest.settled({ limitMs: 60_000, signal: gone() })
    expect(await eventsOf('user_id', 'settled')).toHaveLength(1)
  })

  it('is let go after a while, or when nobody listens any more, though the stores are away', async () => {
    world.sabotage = (operation) => (operation === 'openBatch' ? 'before' : undefined)
    await world.send(ingest, '/v1/track', track('settled-2', { userId: 'stuck' }))
    await ingest.settled({ limitMs: 1 })
    const leaving = new AbortController()
    const waiting = ingest.settled({ limitMs: 60_000, signal: leaving.signal })
    leaving.abort()
    await waiting
    expect(await eventsOf('user_id', 'stuck')).toHaveLength(0)
  })
})

describe('an accepted event', () => {
  it('is stored with its person', async () => {
    const response = await world.send(ingest, '/v1/identify', {
      userId: 'first',
      messageId: 'a-1',
      traits: { email: ' First@Example.com', plan: 'gold' },
    })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ success: true })
    await ingest.idle()
    const [event] = await eventsOf('email', 'first@example.com')
    expect(event).toMatchObject({ messageId: 'a-1', type: 'identify', source: 'web', traits: { plan: 'gold' }, receivedAt: world.now })
    expect(await eventsOf('user_id', 'first')).toHaveLength(1)
  })

  it('of nobody is stored without a person', async () => {
    const before = await world.analytics.in('shop').countEvents()
    await world.send(ingest, '/v1/page', { messageId: 'nobody-1' })
    await ingest.idle()
    expect(await world.analytics.in('shop').countEvents()).toBe(before + 1)
  })

  it('is told to those who listen', async () => {
    const told: number[] = []
    const stop = ingest.onStored(({ profiles }) => told.push(...(profiles.get('shop') ?? [])))
    await world.send(ingest, '/v1/track', track('listen-1', { userId: 'listened' }))
    await ingest.idle()
    expect(told).toEqual([await world.store.in('shop').profiles.find({ type: 'user_id', value: 'listened' })])
    stop()
  })

  it('belongs to the workspace of its key alone', async () => {
    const same = track('both', { userId: 'same-name' })
    await world.send(ingest, '/v1/track', same, { workspace: 'shop' })
    await world.send(ingest, '/v1/track', same, { workspace: 'other' })
    await ingest.idle()
    const shop = await eventsOf('user_id', 'same-name', 'shop')
    const other = await eventsOf('user_id', 'same-name', 'other')
    expect([shop.length, other.length]).toEqual([1, 1])
    expect(shop[0]?.profile).not.toBe(other[0]?.profile)
  })
})

describe('a request', () => {
  it('without a good key is not accepted', async () => {
    const none = new Request('http://tenon.test/v1/track', { method: 'POST', body: JSON.stringify(track('x')) })
    expect((await ingest.handle(none))?.status).toBe(401)
    const wrong = await world.send(ingest, '/v1/track', track('x'), { headers: { authorization: `Basic ${btoa('wrong:')}` } })
    expect(wrong.status).toBe(401)
    const api = await world.store.keys.create({ workspace: 'shop', kind: 'api', name: 'reads' })
    const reads = await world.send(ingest, '/v1/track', track('x'), { headers: { authorization: `Basic ${btoa(`${api.secret}:`)}` } })
    expect(reads.status).toBe(401)
  })

  it('to a path of nobody is left to others', async () => {
    expect(await ingest.handle(new Request('http://tenon.test/v1/segments/vip'))).toBeUndefined()
    expect(await ingest.handle(new Request('http://tenon.test/v1/track'))).toBeUndefined()
  })

  it('is served with a slash at its end, without a redirect', async () => {
    expect((await world.send(ingest, '/v1/track/', track('slash-1'))).status).toBe(200)
    expect((await world.send(ingest, '//v1/track?x=1', track('slash-2'))).status).toBe(200)
  })

  it('is preflighted without a key', async () => {
    const response = await ingest.handle(
      new Request('http://tenon.test/v1/t', { method: 'OPTIONS', headers: { origin: 'https://a.example' } }),
    )
    expect(response?.status).toBe(204)
    expect(response?.headers.get('access-control-allow-origin')).toBe('https://a.example')
  })

  it('is unpacked whatever its headers say', async () => {
    const body = gzipSync(JSON.stringify({ batch: [track('gzip-1', { userId: 'gzip' })] }))
    const response = await world.send(ingest, '/v1/batch', body, { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    expect(response.status).toBe(200)
    await ingest.idle()
    expect(await eventsOf('user_id', 'gzip')).toHaveLength(1)
  })

  it('that unpacks without end is refused, and that it came is kept', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000, 32))
    expect(bomb.length).toBeLessThan(25_000)
    expect((await world.send(ingest, '/v1/batch', bomb)).status).toBe(413)
    await ingest.idle()
    expect((await failures()).some(({ code }) => code === 'BODY_TOO_LARGE')).toBe(true)
  })

  it('that is not JSON is refused and kept', async () => {
    expect((await world.send(ingest, '/v1/batch', '{"batch": [')).status).toBe(400)
    await ingest.idle()
    expect((await failures()).some(({ code, payload }) => code === 'INVALID_JSON' && payload === '{"batch": [')).toBe(true)
  })

  it('that has no batch where its batch should be is refused and kept', async () => {
    expect((await world.send(ingest, '/v1/batch', '{"batch":"x"}')).status).toBe(400)
    await ingest.idle()
    expect((await failures()).some(({ code, payload }) => code === 'BATCH_NOT_A_LIST' && payload === '{"batch":"x"}')).toBe(true)
  })

  it('is told to come again when the log is full', async () => {
    await ingest.stop()
    world.sabotage = (operation) => (operation === 'position' ? 'before' : undefined)
    ingest = await world.start({ budgetBytes: ingest.stats().end + 20_000 })
    const statuses: number[] = []
    for (let index = 0; index < 300; index++) statuses.push((await world.send(ingest, '/v1/track', track(`full-${index}`))).status)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    const refused = await world.send(ingest, '/v1/track', track('full-last'))
    expect(refused.headers.get('retry-after')).toBe('5')
    world.sabotage = () => undefined
    await ingest.idle()
    expect((await world.send(ingest, '/v1/track', track('full-again'))).status).toBe(200)
  })

  it('is told to come again when the log can not be written, and nothing of it is found later', async () => {
    await ingest.stop()
    const folder = await mkdtemp(join(tmpdir(), 'tenon-log-'))
    const disk = faultyDisk()
    const log = localLog({ folder, openFile: disk.openFile })
    ingest = await world.start({ log })
    expect((await world.send(ingest, '/v1/track', track('disk-1', { userId: 'disk' }))).status).toBe(200)
    await ingest.idle()
    const batch = [track('disk-2', { userId: 'disk' }), { type: 'track', event: 'No id', userId: 'disk' }, track('disk-bad', { event: '' })]
    for (const fault of [[failsWith('EIO')], [takesHalf, failsWith('ENOSPC')], [isNotSynced]]) {
      disk.next.push(...fault)
      const refused = await world.send(ingest, '/v1/batch', { batch })
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
      expect(ingest.logHealth()).toMatchObject({ status: 'degraded', reason: expect.stringContaining('could not be written') })
    }
    expect(disk.next).toEqual([])
    expect((await world.send(ingest, '/v1/track', track('disk-3', { userId: 'disk' }))).status).toBe(200)
    expect(ingest.logHealth()).toEqual({ status: 'ok' })
    await ingest.idle()
    expect(ingest.stats()).toMatchObject({ received: 2, stored: 2, inLog: 0 })
    await ingest.stop()
    ingest = await world.start({ log })
    await ingest.idle()
    expect(ingest.stats()).toMatchObject({ received: 2, stored: 2, inLog: 0 })
    expect((await world.send(ingest, '/v1/batch', { batch })).status).toBe(200)
    await ingest.idle()
    expect(ingest.stats()).toMatchObject({ received: 5, stored: 4, failed: 1, inLog: 0 })
    expect(await eventsOf('user_id', 'disk')).toHaveLength(4)
    await ingest.stop()
    await rm(folder, { recursive: true })
  })
})

describe('a bad event', () => {
  it('never costs its batch', async () => {
    const batch = [
      track('good-1', { userId: 'good' }),
      track('bad-1', { event: '' }),
      track('bad-2', { timestamp: '2999-01-01T00:00:00Z' }),
      7,
      track('good-2', { userId: 'good' }),
    ]
    expect((await world.send(ingest, '/v1/batch', { batch })).status).toBe(200)
    await ingest.idle()
    expect((await eventsOf('user_id', 'good')).map(({ messageId }) => messageId).sort()).toEqual(['good-1', 'good-2'])
    expect(await failureOf('bad-1')).toMatchObject({ stage: 'accept', code: 'INVALID_EVENT_NAME', source: 'web' })
    expect(await failureOf('bad-2')).toMatchObject({ stage: 'accept', code: 'TIMESTAMP_OUT_OF_RANGE' })
    expect(JSON.parse((await failureOf('bad-1'))?.payload ?? '')).toMatchObject({ messageId: 'bad-1', event: '' })
  })

  it('that the identity policy fails on is set aside', async () => {
    await ingest.stop()
    const policy: IdentityPolicy = {
      types: [{ type: 'user_id', label: { en: 'User' }, personal: false, normalise: (value) => value }],
      plan({ identifiers, owners }) {
        if (identifiers.some(({ value }) => value === 'poison')) throw new Error('can not read this')
        const [owner] = owners
        return owner === undefined
          ? { kind: 'create', attach: identifiers, dropped: [] }
          : { kind: 'attach', to: owner.profile, attach: [], dropped: [] }
      },
    }
    ingest = await world.start({ identity: policy })
    await world.send(ingest, '/v1/batch', {
      batch: [track('p-1', { userId: 'fine' }), track('p-2', { userId: 'poison' }), track('p-3', { userId: 'fine' })],
    })
    await ingest.idle()
    expect(await eventsOf('user_id', 'fine')).toHaveLength(2)
    expect(await failureOf('p-2')).toMatchObject({ stage: 'identity', code: 'IDENTITY_FAILED' })
  })

  it('that a store refuses is found and set aside', async () => {
    await ingest.stop()
    const refusing = {
      ...world.store,
      ingest: {
        ...world.store.ingest,
        openBatch: ((request) => {
          if (request.events.some(({ messageId }) => messageId.startsWith('unstorable')))
            throw Object.assign(new Error('invalid input'), { code: '22021' })
          return world.store.ingest.openBatch(request)
        }) satisfies World['store']['ingest']['openBatch'],
      },
    }
    ingest = await world.start({ store: refusing })
    const batch = Array.from({ length: 20 }, (_, index) =>
      track(`${index === 13 ? 'unstorable' : 'storable'}-${index}`, { userId: 'around' }),
    )
    await world.send(ingest, '/v1/batch', { batch })
    await ingest.idle()
    expect(await eventsOf('user_id', 'around')).toHaveLength(19)
    expect(await failureOf('unstorable-13')).toMatchObject({ stage: 'open', code: 'UNSTORABLE' })
  })
})

describe('consent', () => {
  it('that an event withdraws is recorded, and from then on nothing of the person is kept', async () => {
    await world.send(ingest, '/v1/track', track('consent-1', { userId: 'shy' }))
    await ingest.idle()
    world.now = new Date(world.now.getTime() + 60_000)
    await world.send(
      ingest,
      '/v1/track',
      track('consent-2', { userId: 'shy', properties: { secret: 1 }, context: { consent: { collect: false } } }),
    )
    await ingest.idle()
    await world.send(ingest, '/v1/track', track('consent-3', { userId: 'shy', properties: { secret: 1 } }))
    await ingest.idle()
    expect((await eventsOf('user_id', 'shy')).map(({ messageId }) => messageId)).toEqual(['consent-1'])
    expect(await failureOf('consent-3')).toBeUndefined()
    const dropped = (await failures()).filter(({ state }) => state === 'dropped')
    expect(dropped).toMatchObject([{ stage: 'consent', code: 'COLLECT_REFUSED', payload: '' }, { payload: '' }])
    expect(JSON.stringify(dropped)).not.toMatch(/secret|consent-[23]|Test/)
  })

  it('of nobody is what the event itself says', async () => {
    await ingest.idle()
    const before = ingest.stats().dropped
    await world.send(ingest, '/v1/track', track('consent-nobody', { context: { consent: { collect: false } } }))
    await ingest.idle()
    expect(await failureOf('consent-nobody')).toBeUndefined()
    expect(ingest.stats().dropped).toBe(before + 1)
  })

  it('stays as strict as the stricter of two people who become one, also over two merges in one batch', async () => {
    const user = (messageId: string, ids: object, consent?: boolean) =>
      track(messageId, { ...ids, ...(consent === undefined ? {} : { context: { consent: { collect: consent } } }) })
    await world.send(ingest, '/v1/batch', { batch: [user('m-1', { anonymousId: 'no' }, false), user('m-2', { anonymousId: 'plain' })] })
    await ingest.idle()
    world.now = new Date(world.now.getTime() + 3_600_000)
    await world.send(ingest, '/v1/batch', { batch: [user('m-3', { userId: 'yes' }, true), track('m-3b', { userId: 'middle' })] })
    await ingest.idle()
    world.now = new Date(world.now.getTime() + 3_600_000)
    const alias = (messageId: string, userId: string, previousId: string) => ({ type: 'alias', messageId, userId, previousId })
    await world.send(ingest, '/v1/batch', {
      batch: [alias('m-4', 'middle', 'no'), alias('m-5', 'yes', 'middle'), track('m-6', { userId: 'yes' })],
    })
    await ingest.idle()
    const profile = await world.store.in('shop').profiles.find({ type: 'user_id', value: 'yes' })
    expect(profile).toBe(await world.store.in('shop').profiles.find({ type: 'anonymous_id', value: 'no' }))
    expect((await eventsOf('user_id', 'yes')).map(({ messageId }) => messageId)).not.toContain('m-6')
  })
})

describe('one person', () => {
  it('keeps what happened before the merge, and the ledger knows why', async () => {
    await world.send(ingest, '/v1/track', track('one-1', { anonymousId: 'visitor' }))
    await world.send(ingest, '/v1/track', track('one-2', { userId: 'member' }))
    await ingest.idle()
    await world.send(ingest, '/v1/identify', { messageId: 'one-3', userId: 'member', anonymousId: 'visitor' })
    await ingest.idle()
    expect((await eventsOf('user_id', 'member')).map(({ messageId }) => messageId).sort()).toEqual(['one-1', 'one-2', 'one-3'])
    const profile = (await world.store.in('shop').profiles.find({ type: 'user_id', value: 'member' })) ?? 0
    expect(await world.store.in('shop').profiles.merges(profile)).toMatchObject([
      { rule: 'link:user_id+anonymous_id', messageId: 'one-3', source: 'web' },
    ])
  })

  it('is whom others made of it since the last batch', async () => {
    const { profiles } = world.store.in('shop')
    const told: (readonly number[] | undefined)[] = []
    const stop = ingest.onStored((stored) => told.push(stored.profiles.get('shop')))
    const left = { type: 'user_id', value: 'others-left' }
    const right = { type: 'user_id', value: 'others-right' }
    for (const { value } of [left, right, right]) {
      await world.send(ingest, '/v1/track', track(`${value}-${told.length}`, { userId: value }))
      await ingest.idle()
    }
    const [into = 0, from = 0] = [await profiles.find(left), await profiles.find(right)]
    expect(told).toEqual([[into], [from], [from]])
    await profiles.merge({ into, from: [from], rule: 'by-hand', source: 'api', messageId: 'm', at: world.now, evidence: {} })
    await world.send(ingest, '/v1/track', track('others-merged', { userId: right.value }))
    await ingest.idle()
    expect(told.at(-1)).toEqual([into])
    stop()
  })

  it('is found within one batch, in the order of the batch', async () => {
    const batch = [
      track('batch-1', { anonymousId: 'b1' }),
      track('batch-2', { userId: 'bu' }),
      { type: 'identify', messageId: 'batch-3', userId: 'bu', anonymousId: 'b1' },
      track('batch-4', { anonymousId: 'b1' }),
      { type: 'identify', messageId: 'batch-5', userId: 'other-user', anonymousId: 'b1' },
    ]
    await world.send(ingest, '/v1/batch', { batch })
    await ingest.idle()
    expect(await eventsOf('anonymous_id', 'b1')).toHaveLength(4)
    expect((await eventsOf('user_id', 'other-user')).map(({ messageId }) => messageId)).toEqual(['batch-5'])
  })

  it('is first seen when the event happened, not when it was received', async () => {
    const batch = ['2019-05-01', '2018-05-01', '2030-01-01'].map((timestamp, index) =>
      track(`seen-${index}`, { userId: `seen-${index}`, timestamp }),
    )
    await world.send(ingest, '/v1/import', { batch })
    await world.send(
      ingest,
      '/v1/track',
      track('seen-3', { userId: 'seen-3', timestamp: new Date(world.now.getTime() + 3_600_000).toISOString() }),
    )
    await ingest.idle()
    const seen = async (value: string) => (await world.store.in('shop').profiles.owners([{ type: 'user_id', value }]))[0]?.firstSeen
    expect(await seen('seen-0')).toEqual(new Date('2019-05-01'))
    expect(await seen('seen-1')).toEqual(new Date('2018-05-01'))
    expect(await failureOf('seen-2')).toMatchObject({ code: 'TIMESTAMP_OUT_OF_RANGE' })
    expect(await seen('seen-3')).toEqual(world.now)
  })

  it('is not made of everybody by a self-alias', async () => {
    expect((await world.send(ingest, '/v1/alias', { messageId: 'self', userId: 'narcissus', previousId: 'narcissus' })).status).toBe(200)
    await ingest.idle()
    expect(await eventsOf('user_id', 'narcissus')).toHaveLength(1)
    expect(await failureOf('self')).toBeUndefined()
  })
})

describe('a retry', () => {
  it('counts once: with a new sentAt, in the same batch, after a restart and after a merge of its person into another', async () => {
    const event = track('retry-1', { anonymousId: 'retrier', timestamp: '2026-03-01T11:00:00.000Z' })
    await world.send(ingest, '/v1/batch', { sentAt: '2026-03-01T11:00:01.000Z', batch: [event, event] })
    await ingest.idle()
    await world.send(ingest, '/v1/batch', { sentAt: '2026-03-01T11:00:09.000Z', batch: [event] })
    await ingest.idle()
    await ingest.stop()
    ingest = await world.start()
    await world.send(ingest, '/v1/batch', { sentAt: '2026-03-01T11:10:00.000Z', batch: [event] })
    await world.send(ingest, '/v1/track', track('retry-2', { userId: 'retrier' }))
    await ingest.idle()
    const { profiles } = world.store.in('shop')
    const [guest = 0, member = 0] = [
      await profiles.find({ type: 'anonymous_id', value: 'retrier' }),
      await profiles.find({ type: 'user_id', value: 'retrier' }),
    ]
    await world.send(ingest, '/v1/identify', { messageId: 'retry-3', userId: 'retrier', anonymousId: 'retrier' })
    await ingest.idle()
    const one = await profiles.find({ type: 'user_id', value: 'retrier' })
    expect([guest, member]).toContain(one)
    expect(await profiles.find({ type: 'anonymous_id', value: 'retrier' })).toBe(one)
    expect(guest).not.toBe(member)
    await world.send(ingest, '/v1/batch', { sentAt: '2026-03-01T11:20:00.000Z', batch: [event] })
    await ingest.idle()
    const stored = (await eventsOf('user_id', 'retrier')).map(({ messageId }) => messageId)
    expect(stored.sort()).toEqual(['retry-1', 'retry-2', 'retry-3'])
  })
})
