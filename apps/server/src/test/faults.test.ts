import { fileURLToPath } from 'node:url'
import { createClient } from '@clickhouse/client'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '../log/create-logger.ts'
import { startServerAt, type TestPlace, type TestServer, testPlace } from './running.fixture.ts'

/** What must never be seen outside of the stores, in every form that a person has. */
const person = {
  email: 'marked.person+tag@private.example',
  phone: '+4915112345678',
  firstName: 'Xanthippe',
  lastName: 'Zzyzxmarked',
  userId: 'u-marked-77',
}
const secretWord = 'quokkamarked'
const marks = [person.email, 'marked.person', '15112345678', person.firstName, person.lastName, person.userId, secretWord]

let place: TestPlace
let server: TestServer
const lines: string[] = []

beforeAll(async () => {
  place = await testPlace({ TENON_EDITION: fileURLToPath(new URL('./faulty-edition.fixture.ts', import.meta.url)) })
  server = await startServerAt(place, createLogger('trace', { write: (line) => void lines.push(line) }))
  await server.track('/v1/identify', {
    userId: person.userId,
    traits: { ...person, note: secretWord },
    context: { consent: { categoryPreferences: { Analytics: true, Advertising: true, Functional: true } } },
  })
  await server.track('/v1/track', { userId: person.userId, event: 'Order Completed', properties: { order_id: secretWord, revenue: 5 } })
  await server.call('PUT', '/v1/items', { items: [{ id: 'tea', title: 'Tea', categories: ['food'], price: 3, available: true }] })
  await server.settle()
}, 120_000)
afterAll(async () => {
  await server.close()
  await place.close()
})

const get = async (path: string) => (await server.call('GET', path)).body as Record<string, unknown>
async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 150; attempt++) {
    const value = await ask()
    if (holds(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return ask()
}
const metric = async (pattern: RegExp) => Number(pattern.exec(String((await server.call('GET', '/metrics')).body))?.[1] ?? 0)
const send = (channel: string) =>
  server.call('POST', '/v1/messages', {
    channel,
    profile: `email:${person.email}`,
    purpose: 'service.order',
    content: { text: `${person.firstName}, ${secretWord}` },
  })
const stateOf = async (id: unknown) => (await get(`/v1/messages/${String(id)}`)).state

describe('a plugin that does not do its work', () => {
  it('and throws: others answer in its place, and its circuit opens', async () => {
    for (let attempt = 0; attempt < 8; attempt++) {
      const { status } = await server.call('POST', '/v1/recommendations', { scene: 'home', query: secretWord, limit: 3 })
      expect(status).toBe(200)
    }
    expect((await server.call('GET', '/readyz')).status).toBe(200)
  })

  it('and never answers: messages by other channels are sent', async () => {
    const [slow, broken, fast] = await Promise.all(
      ['slow', 'broken', 'fast'].map(async (name) => (await send(name)).body as { id?: string }),
    )
    expect(
      await until(
        () => stateOf(fast?.id),
        (state) => state === 'sent',
      ),
    ).toBe('sent')
    expect(['queued', 'sending']).toContain(await stateOf(slow?.id))
    await until(
      () => metric(/tenon_plugin_calls_total\{[^}]*instance="broken"[^}]*outcome="failed"[^}]*\} (\d+)/),
      (count) => count > 0,
    )
    expect(['queued', 'sending']).toContain(await stateOf(broken?.id))
  })
})

describe('logs and metrics', () => {
  it("hold nothing that could be somebody's, whatever goes wrong", { timeout: 120_000 }, async () => {
    const everywhere = async () => {
      for (const type of ['email', 'phone', 'user_id']) {
        const value = encodeURIComponent(type === 'email' ? person.email : type === 'phone' ? person.phone : person.userId)
        await server.call('GET', `/v1/profiles/${type}:${value}`)
        await server.call('GET', `/v1/profiles/${type}:${value}/events`)
        await server.call('PUT', `/v1/profiles/${type}:${value}/consents`, { consents: [{ purpose: 'marketing', state: 'granted' }] })
        await server.call('GET', `/v1/nowhere/${value}?q=${value}`)
      }
      await server.call('POST', '/v1/recommendations', { scene: 'home', query: secretWord, profile: `email:${person.email}` })
      await server.call('POST', '/v1/segments/preview', { rule: { trait: 'email', in: [person.email] } })
      await server.call('POST', '/v1/segments/preview', `{"rule": "${person.email}`)
      await server.track('/v1/identify', { userId: person.userId, traits: { ...person, phone: `${person.phone}\u0000` } })
      await server.track('/v1/track', { userId: person.userId, event: secretWord.repeat(50), properties: { email: person.email } })
      await send('broken')
    }
    await everywhere()
    // Now both stores refuse what they are told, and say why in words that repeat it.
    const postgres = new pg.Client({ connectionString: place.env.TENON_DATABASE_URL })
    await postgres.connect()
    await postgres.query(`
      create function tenon.tell_tales() returns trigger language plpgsql as $$ begin raise exception 'no: % and %', new, '${person.email}' using detail = new::text; end $$;
      create trigger tell_tales before insert or update on tenon.identifiers for each row execute function tenon.tell_tales();
      create trigger tell_tales before insert on tenon.consents for each row execute function tenon.tell_tales();
      alter table tenon.identifiers rename column since to was`)
    const clickhouse = createClient({ url: place.env.TENON_CLICKHOUSE_URL ?? '' })
    await clickhouse.command({ query: 'RENAME TABLE events TO events_gone' })
    await everywhere()
    await clickhouse.command({ query: 'RENAME TABLE events_gone TO events' })
    await postgres.query('alter table tenon.identifiers rename column was to since')
    await everywhere()
    await postgres.query('drop function tenon.tell_tales cascade')
    await Promise.all([postgres.end(), clickhouse.close()])

    const metrics = String((await server.call('GET', '/metrics')).body)
    const told = lines.map((line) => line.trim()).filter(Boolean)
    expect(told.length).toBeGreaterThan(5)
    for (const line of told) expect(() => JSON.parse(line), line).not.toThrow()
    const found = [...told, ...metrics.split('\n')].flatMap((line) =>
      marks.filter((mark) => line.includes(mark)).map((mark) => `${mark}: ${line.slice(0, 600)}`),
    )
    expect(found).toEqual([])
    for (const name of [
      'tenon_http_request_seconds',
      'tenon_clickhouse_operation_seconds',
      'tenon_ingest_batch_seconds',
      'tenon_consent_decisions_total',
    ])
      expect(metrics).toContain(`\n${name}`)
    expect(metrics).toMatch(/\ntenon_log_write_seconds_count [1-9]/)
    expect(metrics).toMatch(/tenon_http_request_seconds_count\{method="GET",route="\/v1\/profiles\/[:{]/)
    // And still say enough: which request, which route, which kind of fault.
    const failed = told.find((line) => line.includes('a request failed'))
    expect(failed).toMatch(/"requestId":"[^"]+"/)
    expect(failed).toMatch(/"route":"\/v1\/[^"]*[{:]/)
    expect(failed).toMatch(/"code":"[^"]+"/)
  })
})

describe('a plugin that hangs in an evaluation', () => {
  it('does not keep events from being stored, people from being found, segments from being counted, messages from being sent', async () => {
    // Answered when everybody has been evaluated: not before the limit of the call.
    void server.call('PUT', '/v1/tags/stuck', { kind: 'hanging', label: 'Stuck', definition: {} }).catch(() => undefined)
    await until(
      async () => (await get('/v1/tags')).tags as readonly { key: string }[],
      (tags) => tags.some(({ key }) => key === 'stuck'),
    )
    const before = await metric(/tenon_events_total\{state="stored"\} (\d+)/)
    await server.track('/v1/track', { userId: 'u-other', event: 'Order Completed', properties: { order_id: 'o-2', revenue: 7 } })
    await until(
      () => metric(/tenon_events_total\{state="stored"\} (\d+)/),
      (count) => count > before,
    )
    const rule = { event: 'Order Completed', measure: 'count', gte: 1 }
    expect(
      await until(
        () => server.call('POST', '/v1/segments/preview', { rule }),
        ({ body }) => (body as { size: number }).size >= 2,
      ),
    ).toMatchObject({
      body: { size: 2 },
    })
    expect(await get('/v1/profiles/user_id:u-other')).toMatchObject({ identifiers: [{ type: 'user_id', value: 'u-other' }] })
    const fast = (await send('fast')).body as { id?: string }
    expect(
      await until(
        () => stateOf(fast.id),
        (state) => state === 'sent',
      ),
    ).toBe('sent')
    expect((await server.call('GET', '/readyz')).status).toBe(200)
  })
})
