import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServerAt, type TestPlace, type TestServer, testPlace } from './running.fixture.ts'

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

interface Failed {
  readonly id: string
  readonly payload: string
  readonly state: string
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const { status, body: answer } = await server.call(method, path, body)
  expect(status, `${method} ${path} → ${JSON.stringify(answer)}`).toBe(200)
  return answer as T
}
const list = async (query = '') => (await ask<{ failedEvents: readonly Failed[] }>('GET', `/v1/failed-events?${query}`)).failedEvents
const code = async (method: string, path: string, body?: unknown) => {
  const { status, body: answer } = await server.call(method, path, body)
  return [status, (answer as { code: string }).code]
}

interface Counts {
  readonly received: number
  readonly stored: number
  readonly duplicate: number
  readonly failed: number
  readonly dropped: number
}
const conservation = () => ask<{ process: Counts & { inLog: number }; all: Counts }>('GET', '/v1/conservation')

describe('failed events over HTTP', () => {
  it('are listed, corrected, replayed and discarded, and the counts add up', async () => {
    const batch = ['a', 'b', 'c', 'd'].map((name) => ({
      type: 'track',
      event: '',
      userId: `failed-${name}`,
      messageId: `failed-${name}`,
      properties: { name },
    }))
    await server.track('/v1/batch', { batch: [...batch, { type: 'nonsense', messageId: 'failed-e' }] })
    await server.settle()
    expect(await ask('GET', '/v1/failed-events/counts?stage=accept')).toMatchObject({
      counts: [
        { state: 'open', code: 'INVALID_EVENT_NAME', events: 4 },
        { state: 'open', code: 'UNKNOWN_TYPE', events: 1 },
      ],
    })
    expect(await list('code=UNKNOWN_TYPE')).toHaveLength(1)
    const [one] = await list('text=failed-a')
    expect(one).toMatchObject({ state: 'open', attempts: 0, stage: 'accept', source: 'default', format: 'source', messageId: 'failed-a' })
    const path = `/v1/failed-events/${one?.id}`

    const payload = { ...batch[0], event: 'Repaired' }
    expect(await ask('PUT', path, { payload })).toMatchObject({ changedBy: expect.stringMatching(/^api-key:/), state: 'open' })
    expect(await ask('POST', `${path}/replay`, {})).toMatchObject({ attempt: 1 })
    await server.settle()
    const shown = await ask<{ original: string; history: readonly object[] }>('GET', path)
    expect(shown).toMatchObject({
      state: 'replayed',
      attempts: 1,
      history: [{ state: 'replayed' }, { payload: JSON.stringify(payload) }, {}],
    })
    expect(JSON.parse(shown.original)).toEqual(batch[0])
    expect(await ask('GET', '/v1/profiles/user_id:failed-a/events')).toMatchObject({
      events: [{ name: 'Repaired', messageId: 'failed-a' }],
    })
    expect(await code('POST', `${path}/replay`, {})).toEqual([409, 'TENON_CONFLICT'])
    expect(await code('DELETE', path)).toEqual([409, 'TENON_CONFLICT'])
    const nobody = '/v1/failed-events/01a200a0-b924-7c95-8e4f-fb7e08f77129'
    expect(await code('GET', nobody)).toEqual([404, 'TENON_NOT_FOUND'])
    expect(await code('PUT', nobody, { payload: {} })).toEqual([404, 'TENON_NOT_FOUND'])
    expect(await code('GET', '/v1/failed-events/nothing')).toEqual([400, 'TENON_REQUEST_INVALID'])

    const replay = await ask<{ id: string }>('POST', '/v1/replays', { filter: { code: 'INVALID_EVENT_NAME', text: '"name"' } })
    await expect
      .poll(() => ask('GET', `/v1/replays/${replay.id}`), { timeout: 20_000 })
      .toMatchObject({
        ...{ state: 'done', found: 3, queued: 3, stored: 0, failed: 3, filter: { code: 'INVALID_EVENT_NAME' } },
      })
    expect(await ask('GET', '/v1/replays')).toMatchObject({ replays: [{ id: replay.id }] })
    expect(await code('DELETE', `/v1/replays/${replay.id}`)).toEqual([409, 'TENON_CONFLICT'])
    expect(await list('code=INVALID_EVENT_NAME')).toMatchObject([{ attempts: 1 }, { attempts: 1 }, { attempts: 1 }])
    expect(await ask('POST', '/v1/failed-events/discard', { filter: { code: 'INVALID_EVENT_NAME' } })).toEqual({ discarded: 3 })
    expect((await list('state=all')).map(({ state }) => state).toSorted()).toEqual([
      'discarded',
      'discarded',
      'discarded',
      'open',
      'replayed',
    ])

    const { process, all } = await conservation()
    expect(process).toMatchObject({ failed: 4, dropped: 0, inLog: 0 })
    expect(process.received).toBe(process.stored + process.duplicate + process.failed + process.dropped)
    expect(all).toEqual({ ...all, received: process.received, failed: 4 })
  })

  it('say that they were cut, and why they are not replayed', async () => {
    const large = { event: 'Large', messageId: 'large-1', userId: 'large', properties: { text: 'x'.repeat(70_000) } }
    await server.track('/v1/track', large)
    await server.settle()
    const [one] = await list('code=EVENT_TOO_LARGE')
    expect(one).toMatchObject({ cut: true, messageId: 'large-1' })
    expect(await list('code=UNKNOWN_TYPE')).toMatchObject([{ cut: false }])
    const path = `/v1/failed-events/${one?.id}`
    expect(await server.call('POST', `${path}/replay`, {})).toMatchObject({
      status: 409,
      body: { code: 'TENON_CONFLICT', detail: expect.stringContaining('correct it first') },
    })
    expect(await ask('DELETE', path)).toMatchObject({ discarded: true })
  })

  it('lose their content after the days that are set for it, and so are messages forgotten', { timeout: 60_000 }, async () => {
    const DAY_MS = 86_400_000
    const event = { event: 'Twice', messageId: 'twice-1', userId: 'twice' }
    const seen = async (): Promise<number> => {
      await server.track('/v1/track', event)
      await server.settle()
      return (await ask<{ events: readonly object[] }>('GET', '/v1/profiles/user_id:twice/events')).events.length
    }
    await server.track('/v1/batch', {
      batch: [
        { type: 'track', ...event },
        { type: 'track', event: '', messageId: 'expires-1' },
      ],
    })
    expect(await seen()).toBe(1)
    const [expiring] = await list('text=expires-1')
    expect(expiring).toMatchObject({ messageId: 'expires-1' })
    await server.close()
    const env = { ...place.env, TENON_DEDUP_DAYS: '2', TENON_FAILED_EVENT_DAYS: '2' }
    server = await startServerAt({ ...place, env }, undefined, { now: () => new Date(Date.now() + 3 * DAY_MS) })
    const left = () => ask<Failed>('GET', `/v1/failed-events/${expiring?.id}`)
    await expect.poll(left, { timeout: 20_000 }).toMatchObject({ state: 'open', payload: '' })
    await expect.poll(seen, { timeout: 20_000 }).toBe(2)
  })
})
