import { randomUUID } from 'node:crypto'
import { Analytics } from '@segment/analytics-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Collector, openCollector, type Person } from './collector.ts'
import { gzipped, post } from './post.ts'

let collector: Collector
beforeAll(async () => {
  collector = await openCollector()
})
afterAll(() => collector.close())

const HOUR_MS = 3_600_000
const newUser = (): string => `trap-${randomUUID()}`
const track = (userId: string, event: string, more: object = {}) => ({ type: 'track', userId, event, messageId: randomUUID(), ...more })

async function personOf(userId: string): Promise<Person> {
  await collector.stored()
  const person = await collector.person(`user_id:${userId}`)
  if (person === undefined) throw new Error(`nobody goes by ${userId}`)
  return person
}
const namesOf = async (userId: string): Promise<readonly string[]> => (await personOf(userId)).events.map(({ name }) => name).toSorted()
async function failuresOf(mark: string): Promise<readonly string[]> {
  await collector.stored()
  return (await collector.failedEvents()).filter(({ payload }) => payload.includes(mark)).map(({ code }) => code)
}

describe('traps of CLIENTS.md, through the whole server', () => {
  it('1: the same event arrives twice, at once and later, with another sentAt', async () => {
    const userId = newUser()
    const batch = [track(userId, 'A'), track(userId, 'B')]
    const send = (sentAt: string) => post(collector, '/v1/batch', { batch, sentAt })
    await Promise.all(Array.from({ length: 8 }, () => send(new Date().toISOString())))
    await collector.stored()
    await send(new Date(Date.now() + 5_000).toISOString())
    expect(await post(collector, '/v1/track', { ...batch[0], sentAt: new Date().toISOString() })).toMatchObject({ status: 200 })
    expect(await namesOf(userId)).toEqual(['A', 'B'])
  })

  it('3: a bad event of a real client costs nothing but itself', async () => {
    const userId = newUser()
    const analytics = new Analytics({ host: collector.address, writeKey: collector.writeKey })
    const errors: unknown[] = []
    analytics.on('error', (error) => errors.push(error))
    analytics.track({ userId, event: 'Before' })
    // Callers in plain JavaScript do this.
    analytics.track({ userId, event: 'Bad', timestamp: 'not-a-date', properties: { mark: userId } })
    analytics.track({ userId, event: 'After' })
    await analytics.closeAndFlush()
    expect(errors).toEqual([])
    expect(await namesOf(userId)).toEqual(['After', 'Before'])
    expect(await failuresOf(userId)).toEqual(['INVALID_TIMESTAMP'])
  })

  it('3: an answer is 200 with bad events and 400 without a readable one', async () => {
    const userId = newUser()
    expect(await post(collector, '/v1/batch', { batch: [track(userId, 'Good'), null, 7, 'x', {}, { type: 'nonsense' }] })).toMatchObject({
      status: 200,
      text: '{"success":true}',
    })
    expect((await post(collector, '/v1/batch', '{"batch":[')).status).toBe(400)
    expect(await namesOf(userId)).toEqual(['Good'])
  })

  it.each([
    'application/json',
    'application/json;charset=utf-8',
    'text/plain',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'image/png',
    'nonsense',
  ])('4: content type %s is not believed, plain or gzipped', async (type) => {
    const userId = newUser()
    const send = (event: string, pack: (body: unknown) => unknown, headers: Readonly<Record<string, string>>) =>
      post(collector, '/v1/batch', pack({ batch: [track(userId, event)] }), { 'content-type': type, ...headers })
    expect((await send('plain', (body) => body, {})).status).toBe(200)
    expect((await send('gzip', gzipped, { 'content-encoding': 'gzip' })).status).toBe(200)
    expect((await send('gzip, not said', gzipped, {})).status).toBe(200)
    expect((await send('gzip said of plain', (body) => body, { 'content-encoding': 'gzip' })).status).toBe(200)
    expect(await namesOf(userId)).toEqual(['gzip', 'gzip said of plain', 'gzip, not said', 'plain'])
  })

  it('4: two megabytes in two kilobytes are refused by what they unpack to', async () => {
    const userId = newUser()
    const small = gzipped({
      batch: [track(userId, 'Kept'), track(userId, 'Huge', { properties: { mark: userId, text: 'a'.repeat(2_000_000) } })],
    })
    expect(small.length).toBeLessThan(4_000)
    expect((await post(collector, '/v1/batch', small)).status).toBe(200)
    expect(await namesOf(userId)).toEqual(['Kept'])
    expect(await failuresOf(userId)).toEqual(['EVENT_TOO_LARGE'])
    const bomb = gzipped({ batch: [track(userId, 'Bomb', { properties: { text: 'a'.repeat(20_000_000) } })] })
    expect(bomb.length).toBeLessThan(40_000)
    expect((await post(collector, '/v1/batch', bomb)).status).toBe(413)
    expect(await namesOf(userId)).toEqual(['Kept'])
    expect((await collector.failedEvents('?code=BODY_TOO_LARGE')).length).toBe(1)
  })

  it('5: a real client sends two megabytes of plain letters; its other events live', async () => {
    const userId = newUser()
    const analytics = new Analytics({ host: collector.address, writeKey: collector.writeKey })
    const errors: unknown[] = []
    analytics.on('error', (error) => errors.push(error))
    analytics.track({ userId, event: 'Small' })
    analytics.track({ userId, event: 'Huge', properties: { mark: userId, text: 'a'.repeat(2_000_000) } })
    await analytics.closeAndFlush({ timeout: 20_000 })
    expect(errors).toEqual([])
    expect(await namesOf(userId)).toEqual(['Small'])
    expect(await failuresOf(userId)).toEqual(['EVENT_TOO_LARGE'])
  })

  it('6: oddities of the wire are read or refused as documented, each by itself', async () => {
    const userId = newUser()
    const mark = { mark: userId }
    const odd: readonly (readonly [object | string, string | undefined])[] = [
      [{ ...track(userId, 'no user'), userId: null, anonymousId: userId }, undefined],
      [{ ...track(userId, 'empty user'), userId: '', anonymousId: userId }, undefined],
      [{ ...track(userId, ''), properties: mark }, 'INVALID_EVENT_NAME'],
      [{ type: 'alias', userId, messageId: randomUUID() }, 'MISSING_PREVIOUS_ID'],
      [{ type: 'group', userId, messageId: randomUUID() }, 'MISSING_GROUP_ID'],
      [track(userId, 'list', { properties: [1] }), 'INVALID_PROPERTIES'],
      [track(userId, 'a day', { timestamp: '2020-01-01' }), undefined],
      [track(userId, 'no date', { timestamp: 'not-a-date' }), 'INVALID_TIMESTAMP'],
      [track(userId, 'far ahead', { timestamp: '2999-01-01T00:00:00.000Z' }), 'TIMESTAMP_OUT_OF_RANGE'],
      [track(userId, 'half a pair', { properties: { text: 'a\ud800b' } }), undefined],
      [track(userId, 'nul', { properties: { text: 'a\u0000b' } }), undefined],
      [JSON.stringify(track(userId, 'proto', { properties: { a: 1 } })).replace('"a":1', '"__proto__":{"x":1},"a":1'), undefined],
    ]
    const batch = odd.map(([event]) => (typeof event === 'string' ? event : JSON.stringify(event))).join(',')
    expect(
      (await post(collector, '/v1/batch', `{"batch":[${batch},${JSON.stringify(track(userId, 'joins', { anonymousId: userId }))}]}`))
        .status,
    ).toBe(200)
    const { events } = await personOf(userId)
    expect(events.map(({ name }) => name).toSorted()).toEqual(
      ['a day', 'empty user', 'half a pair', 'joins', 'no user', 'nul', 'proto'].toSorted(),
    )
    const found = (name: string) => events.find((event) => event.name === name)
    expect(found('a day')?.timestamp).toBe('2020-01-01T00:00:00.000Z')
    expect(found('half a pair')?.properties).toEqual({ text: 'a\ufffdb' })
    expect(found('nul')?.properties).toEqual({ text: 'a\ufffdb' })
    expect(JSON.stringify(found('proto')?.properties)).toBe('{"a":1}')
    expect((await failuresOf(userId)).toSorted()).toEqual(odd.flatMap(([, code]) => code ?? []).toSorted())
  })

  it('6: a user id that is a number is its text', async () => {
    const id = Math.floor(Math.random() * 1e15)
    await post(collector, '/v1/track', { userId: id, event: 'Number' })
    expect(await namesOf(String(id))).toEqual(['Number'])
  })

  it('7: an alias of somebody with himself does nothing', async () => {
    const userId = newUser()
    await post(collector, '/v1/identify', { userId, anonymousId: `${userId}-a`, traits: {} })
    const before = (await personOf(userId)).profile.identifiers
    expect((await post(collector, '/v1/a', { userId, previousId: userId, anonymousId: `${userId}-a` })).status).toBe(200)
    const after = await personOf(userId)
    expect(after.profile.identifiers).toEqual(before)
    expect(after.events.map(({ type }) => type).toSorted()).toEqual(['alias', 'identify'])
    expect(await failuresOf(userId)).toEqual([])
  })

  it('8: neither arrival nor call order decides: the latest timestamp does', async () => {
    const userId = newUser()
    const minutes = [5, 1, 4, 2, 3]
    const at = (minute: number) => new Date(Date.now() - HOUR_MS + minute * 60_000).toISOString()
    await Promise.all(
      minutes.map((minute) =>
        post(collector, '/v1/batch', {
          batch: [
            { type: 'identify', userId, messageId: randomUUID(), traits: { city: `city ${minute}` }, timestamp: at(minute) },
            track(userId, `call ${minute}`, { timestamp: at(minute) }),
          ],
        }),
      ),
    )
    const { profile, events } = await personOf(userId)
    expect(events.filter(({ type }) => type === 'track').map(({ name }) => name)).toEqual([
      'call 5',
      'call 4',
      'call 3',
      'call 2',
      'call 1',
    ])
    expect(profile.traits.city).toBe('city 5')
  })

  it.each([
    ['three days behind', -72],
    ['three days ahead', 72],
  ])('9: a clock %s is corrected by what it says of the sending', async (_how, hours) => {
    const userId = newUser()
    const sentAt = Date.now() + hours * HOUR_MS
    const timestamp = new Date(sentAt - HOUR_MS).toISOString()
    await post(collector, '/v1/batch', { batch: [track(userId, 'Skewed', { timestamp })], sentAt: new Date(sentAt).toISOString() })
    await post(collector, '/v1/track', track(userId, 'Original', { originalTimestamp: timestamp, sentAt: new Date(sentAt).toISOString() }))
    for (const event of (await personOf(userId)).events) {
      expect(Date.parse(event.receivedAt) - Date.parse(event.timestamp)).toBe(HOUR_MS)
    }
  })

  it('9: without sentAt, as customer.io sends it, the own timestamp stands', async () => {
    const userId = newUser()
    const timestamp = new Date(Date.now() - 100 * HOUR_MS).toISOString()
    await post(collector, '/v1/batch', { batch: [track(userId, 'Own', { timestamp })] })
    expect((await personOf(userId)).events.map((event) => event.timestamp)).toEqual([timestamp])
  })

  it('10: what is beyond a limit is refused aloud and kept as failed', async () => {
    const userId = newUser()
    const text = (length: number) => ({ properties: { mark: userId, text: 'x'.repeat(length) } })
    expect(
      (await post(collector, '/v1/batch', { batch: [track(userId, 'fits', text(32_000)), track(userId, 'large', text(33_000))] })).status,
    ).toBe(200)
    expect(await namesOf(userId)).toEqual(['fits'])
    expect(await failuresOf(userId)).toEqual(['EVENT_TOO_LARGE'])
    const before = await collector.counts()
    const wide = await post(collector, '/v1/batch', { batch: Array.from({ length: 20 }, () => track(userId, 'wide', text(30_000))) })
    expect(wide).toMatchObject({ status: 400, text: expect.stringContaining('512000') })
    const long = await post(collector, '/v1/batch', { batch: Array.from({ length: 2_501 }, () => track(userId, 'long')) })
    expect(long).toMatchObject({ status: 400, text: expect.stringContaining('2500') })
    await collector.stored()
    const after = await collector.counts()
    expect((after.failed ?? 0) - (before.failed ?? 0)).toBe(2)
    expect(after.stored).toBe(before.stored)
    expect((await failuresOf(userId)).toSorted()).toEqual(['BATCH_TOO_LARGE', 'BATCH_TOO_LONG', 'EVENT_TOO_LARGE'])
  })

  it('all of it leaves nothing unaccounted for', async () => {
    await collector.stored()
    const { received = 0, stored = 0, duplicate = 0, failed = 0, dropped = 0 } = await collector.counts()
    expect(received).toBe(stored + duplicate + failed + dropped)
    expect(collector.logged).toEqual([])
  })
})
