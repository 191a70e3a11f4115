import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const path = '/v1/tracking-plans/shop'
const answer = async <T>(method: string, at: string, body?: unknown): Promise<T & { readonly status: number }> => {
  const { status, body: said } = await server.call(method, at, body)
  return { status, ...(said as T) }
}
const send = async (batch: readonly object[]) => {
  expect(await server.track('/v1/batch', { batch })).toMatchObject({ status: 200 })
  await server.settle()
}
const order = (person: number, properties: object, more: object = {}) => ({
  ...{ type: 'track', event: 'Order Completed', userId: `u-${person}`, messageId: `o-${person}`, properties },
  ...more,
})
const traffic = Array.from({ length: 40 }, (_, person) => [
  order(person, {
    order_id: `o-${person}`,
    total: person % 2 === 0 ? person : person + 0.5,
    currency: ['EUR', 'USD'][person % 2],
    email: `secret-${person}@example.com`,
    at: '2026-01-02T03:04:05Z',
    products: [{ product_id: `p-${person}`, ...(person % 3 === 0 ? { coupon: null } : {}) }],
  }),
  {
    type: 'identify',
    userId: `u-${person}`,
    messageId: `i-${person}`,
    traits: { email: `secret-${person}@example.com`, city: `City ${person}` },
  },
]).flat()

interface Report {
  readonly counts: Readonly<Record<string, number>>
  readonly violations: readonly (Readonly<Record<string, unknown>> & { readonly samples: readonly { failedEvent?: string }[] })[]
}
const report = (query = '') => answer<Report>('GET', `${path}/violations${query}`)
const put = (plan: object) => answer<{ version: number }>('PUT', path, { plan })

/** A plan holds within a second; what is sent before may be checked against the one before. */
const sendUntilItHolds = async (version: number, events: (attempt: number) => readonly object[]) => {
  for (let attempt = 0; attempt < 50; attempt++) {
    await send(events(attempt))
    const { counts } = await report(`?version=${version}`)
    if ((counts.events ?? 0) > 0) return counts
  }
  throw new Error('the plan never held')
}

describe('a tracking plan out of traffic', () => {
  it('is put as it is, and the same traffic keeps to it; nothing that people sent is in it', async () => {
    await send(traffic)
    const draft = await answer<{ plan: { events: readonly object[] }; sampled: number; complete: boolean }>(
      'POST',
      '/v1/tracking-plans/infer',
      {},
    )
    expect(draft).toMatchObject({
      status: 200,
      sampled: 80,
      complete: true,
      leftOut: { names: 0, unplanned: 0, oversized: 0, versions: 0 },
    })
    expect(draft.plan.events).toContainEqual({
      ...{ type: 'track', name: 'Order Completed', version: 1 },
      properties: {
        type: 'object',
        properties: {
          at: { type: 'string', format: 'date-time' },
          currency: { type: 'string', enum: ['EUR', 'USD'] },
          email: { type: 'string', format: 'email' },
          order_id: { type: 'string' },
          products: {
            type: 'array',
            items: { type: 'object', properties: { coupon: { type: 'null' }, product_id: { type: 'string' } }, required: ['product_id'] },
          },
          total: { type: 'number' },
        },
        required: ['at', 'currency', 'email', 'order_id', 'products', 'total'],
      },
    })
    expect(JSON.stringify(draft)).not.toMatch(/secret|City|o-1|p-1/)

    const strict = { ...draft.plan, mode: 'quarantine', unplannedEvents: 'quarantine', unplannedProperties: 'quarantine' }
    expect(await put(strict)).toMatchObject({ status: 200, version: 1 })
    for (const event of traffic) {
      const { type, event: name = type, properties = {}, traits = {} } = event as Record<string, string | object>
      expect(await answer('POST', `${path}/check`, { type, name, properties, traits })).toMatchObject({ outcome: 'fits' })
    }
    expect(await put(draft.plan)).toMatchObject({ status: 200, version: 2 })
    await send(traffic.map((event) => ({ ...event, messageId: `again-${event.messageId}` })))
    expect(await report()).toMatchObject({ status: 200, counts: { events: 0 }, violations: [] })
  })

  it('has a report of what breaks it, which a retry does not change and a replay puts right', { timeout: 120_000 }, async () => {
    const held = (mode: string) => ({
      mode,
      events: [
        {
          name: 'Paid',
          properties: {
            type: 'object',
            required: ['total'],
            properties: {
              total: { type: 'number' },
              lines: { type: 'array', items: { type: 'object', properties: { price: { type: 'number' } } } },
            },
          },
        },
      ],
    })
    const flagging = await put(held('flag'))
    const wrong = { total: 'a-secret', lines: [{ price: 'x' }, { price: 'y' }] }
    const paid = (messageId: string, properties: object = wrong) => ({
      type: 'track',
      event: 'Paid',
      userId: 'payer',
      messageId,
      properties,
    })
    const before = await sendUntilItHolds(flagging.version, (attempt) => [paid(`warm-${attempt}`)])
    await send([paid('f-1'), paid('f-2', {}), paid('f-3', { total: 1 })])
    await send([paid('f-1'), paid('f-2', {})])
    const flagged = await report(`?version=${flagging.version}`)
    expect(flagged.counts).toMatchObject({ events: (before.events ?? 0) + 2, open: 0 })
    const line = flagged.violations.find(({ kind }) => kind === 'missing')
    expect(line).toMatchObject({
      ...{ source: 'default', type: 'track', event: 'Paid', eventVersion: 1, rule: 'required', field: 'properties.total', mode: 'flag' },
      ...{ events: 1, stored: 1, samples: [{ messageId: 'f-2' }] },
    })
    expect(flagged.violations.find(({ field }) => field === 'properties.lines[].price')).toMatchObject({
      expected: 'number',
      actual: ['string'],
    })
    expect(JSON.stringify(flagged)).not.toContain('a-secret')

    const { version } = await put(held('quarantine'))
    await sendUntilItHolds(version, (attempt) => [paid(`q-${attempt}`)])
    const kept = await report(`?version=${version}&kind=wrong-type&field=properties.total`)
    expect(kept).toMatchObject({ counts: { events: 1, open: 1 }, violations: [{ mode: 'quarantine', events: 1, open: 1 }] })
    const id = kept.violations[0]?.samples[0]?.failedEvent ?? ''
    await answer('POST', `/v1/failed-events/${id}/replay`, {})
    await server.settle()
    expect((await report(`?version=${version}`)).counts).toMatchObject({ events: 1, open: 1, replayed: 0 })

    expect(
      await answer('PUT', `/v1/failed-events/${id}`, {
        payload: { type: 'track', event: 'Paid', userId: 'payer', messageId: 'q-0', properties: { total: 1 } },
        format: 'source',
      }),
    ).toMatchObject({ status: 200 })
    await answer('POST', `/v1/failed-events/${id}/replay`, {})
    await server.settle()
    expect((await report(`?version=${version}`)).counts).toEqual({ events: 0, stored: 0, open: 0, discarded: 0, replayed: 1 })
  })

  it('answers what it can not do', async () => {
    expect(await answer('GET', '/v1/tracking-plans/nobody/violations')).toMatchObject({ status: 404, code: 'TENON_NOT_FOUND' })
    for (const query of [
      'from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z',
      'from=2020-01-01T00:00:00Z',
      'kind=none',
      'version=0',
      'cursor=W10',
      'colour=red',
    ])
      expect(await report(`?${query}`), query).toMatchObject({ status: 400 })
    for (const body of [{ from: '2020-01-01T00:00:00Z' }, { names: 0 }, { names: 1e9 }, { tolerance: 1 }, { colour: 'red' }, []])
      expect(await answer('POST', '/v1/tracking-plans/infer', body), JSON.stringify(body)).toMatchObject({ status: 400 })
    for (const until of ['0001-01-02T00:00:00Z', '9999-12-31T23:59:59Z']) {
      expect(await answer('POST', '/v1/tracking-plans/infer', { until })).toMatchObject({ status: 200, sampled: 0, plan: { events: [] } })
      expect(await report(`?until=${until}`)).toMatchObject({ status: 200, violations: [] })
    }
  })

  it('stands whatever is sent: names of code, of SQL, of everybody, without end', { timeout: 120_000 }, async () => {
    let deep: object = {}
    for (let level = 0; level < 40; level++) deep = { deep }
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, index]))
    const odd = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"a.b":1,"x/y~z":2,"\'\\"`":3,"名":4,"\\u0001":5,"toString":null}',
    ) as object
    const names = ["'; DROP TABLE events; --", "\\'", '{workspace:String}', '__proto__', 'Größe\n\t', '\u202e', '$ref', ' ']
    const people = ['odd', 'even', 'prime', 'whole', 'real']
    await send([
      ...names.flatMap((event, index) =>
        people.map((userId) => ({ type: 'track', event, userId, messageId: `${userId}-${index}`, properties: odd })),
      ),
      { type: 'track', event: 'Deep', userId: 'odd', messageId: 'deep', properties: deep },
    ])
    await server.track('/v1/track', { event: 'Wide', userId: 'odd', messageId: 'wide', properties: wide })
    await server.settle()
    const draft = await answer<{ plan: object }>('POST', '/v1/tracking-plans/infer', { perName: 5 })
    expect(draft.status).toBe(200)
    const strict = { ...draft.plan, mode: 'quarantine', unplannedProperties: 'flag' }
    const { status, version } = await put(strict)
    expect(status).toBe(200)
    for (const name of names.filter((each) => each.trim() !== ''))
      expect(await answer('POST', `${path}/check`, { name, properties: { 'a.b': 'x' } }), name).toMatchObject({ outcome: 'quarantine' })
    const batch = (attempt: number) =>
      names.map((event, index) => ({
        type: 'track',
        event,
        userId: 'odd',
        messageId: `odd-${attempt}-${index}`,
        properties: { ...odd, 'a.b': 'x', [`k-${attempt}@example.com`]: 1 },
      }))
    await sendUntilItHolds(version, batch)
    await send(batch(50))
    const held = await report(`?version=${version}`)
    expect(held.violations.find(({ event, open }) => event === names[0] && Number(open) > 0)).toBeDefined()
    expect(JSON.stringify(held)).not.toContain('example.com')
    for (const name of names)
      expect(await report(`?event=${encodeURIComponent(name)}&field=${encodeURIComponent(name)}`)).toMatchObject({ status: 200 })
    expect({}).not.toHaveProperty('polluted')
    expect(server.logged).toEqual([])
  })
})
