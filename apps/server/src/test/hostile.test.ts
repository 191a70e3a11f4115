import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostileBodies, hostileSegments, hostileValues, mutations } from './hostile.fixture.ts'
import { startTestServer, type TestServer } from './running.fixture.ts'
import { samples, trackingSamples } from './samples.fixture.ts'

interface Route {
  readonly method: string
  readonly path: string
}

let server: TestServer
/** Of the API: answers in problem+json. */
const routes: Route[] = []
/** Of the sources: answers in the protocol of their clients. */
const tracking: Route[] = []
/** Takes any bytes. */
const upload = '/v1/imports/files/{name}'

beforeAll(async () => {
  server = await startTestServer()
  const { body } = await server.call('GET', '/openapi.json')
  const { paths } = body as { paths: Record<string, Record<string, { security?: readonly object[] }>> }
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { security = [] }] of Object.entries(methods)) {
      const isTracking = security.some((scheme) => 'writeKey' in scheme)
      ;(isTracking ? tracking : routes).push({ method: method.toUpperCase(), path })
    }
  }
  for (const [path, body] of Object.entries(trackingSamples)) await server.track(path, body)
  await server.settle()
})
afterAll(() => server.close())

const filled = (path: string): string =>
  path
    .replace('{profile}', 'user_id:u-1')
    .replace('{key}', 'welcome')
    .replace(/\{(?:id|import)\}/, '01a200a0-b924-7c95-8e4f-fb7e08f77129')
    .replace('{match}', '1')
    .replace('{type}', 'household')
    .replace('{account}', 'account:a-1')
    .replace('{matcher}', 'linkage')
    .replace('{name}', 'none.csv')
    .replace('{workspace}', 'main')
    .replace('{channel}', 'email')
    .replace('{token}', 'a.b')

/** Never a failure of ours, and what is refused is told in the one form. */
function expectCivil({ status, body, headers }: Awaited<ReturnType<TestServer['call']>>, what: string): void {
  expect(status, `${what} → ${JSON.stringify(body)?.slice(0, 300)}`).toBeLessThan(500)
  if (status < 400) return
  expect(headers.get('content-type'), what).toBe('application/problem+json')
  expect(body, what).toMatchObject({ status, code: expect.stringMatching(/^TENON_/), requestId: expect.any(String) })
}

/** Several at a time: it takes half as long, and whoever attacks does so too. */
async function together<T>(items: Iterable<T>, run: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items].reverse()
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await run(next)
  }
  await Promise.all(Array.from({ length: 6 }, work))
}

describe('hostile input', () => {
  it('has a sample for every route that takes a body', () => {
    const taking = routes.filter(({ method }) => method === 'PUT' || method === 'POST').map(({ method, path }) => `${method} ${path}`)
    expect(Object.keys(samples).sort()).toEqual(taking.sort())
  })

  it('has a sample for every type of call, and knows the other paths of the sources', () => {
    const paths = tracking.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining([...Object.keys(trackingSamples), '/v1/import']))
  })

  it('is answered on every route, whatever one field holds', { timeout: 600_000 }, async () => {
    for (const [route, sample] of Object.entries(samples)) {
      const [method = '', path = ''] = route.split(' ')
      await together(mutations(sample, hostileValues), async (mutated) => {
        const body = JSON.stringify(mutated)
        expectCivil(await server.call(method, filled(path), body), `${route} ${body.slice(0, 200)}`)
      })
    }
  })

  it('is answered on every route, whatever the body is', { timeout: 600_000 }, async () => {
    for (const { method, path } of routes.filter((route) => route.method !== 'GET')) {
      for (const body of hostileBodies) {
        const answer = await server.call(method, filled(path), body)
        expectCivil(answer, `${method} ${path} ${String(body).slice(0, 40)}`)
        // Nobody reads the body of a DELETE.
        if (method !== 'DELETE' && path !== upload)
          expect(answer.status, `${method} ${path} ${String(body).slice(0, 40)}`).toBeGreaterThanOrEqual(400)
      }
      expectCivil(
        await server.call(method, filled(path), 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
        `${method} ${path} form`,
      )
    }
    expect({}).not.toHaveProperty('polluted')
  })

  it('is answered on every route, whatever the path and the query hold', { timeout: 600_000 }, async () => {
    for (const { method, path } of routes.filter(({ path: each }) => each.includes('{'))) {
      for (const segment of hostileSegments) {
        const sample = samples[`${method} ${path}`]
        expectCivil(await server.call(method, filled(path.replace(/\{\w+\}/, segment)), sample), `${method} ${path} ${segment}`)
      }
    }
    for (const query of [
      'limit=-1',
      'limit=1e9',
      'limit=%00',
      'cursor=%ff',
      'cursor=AAAA',
      "cursor=';--",
      'cursor=W10',
      'limit=1&limit=2',
      'stage=%00',
      `code=${'x'.repeat(9_000)}`,
      'state=nothing',
      "text='%20OR%201=1%20--",
      'from=yesterday',
      'kind=%00',
      "rule='%20OR%201=1%20--&field=%F0%9F%98%80",
      'version=1e9',
      'until=9999-12-31T23:59:59Z',
      'until=0001-01-01T00:00:00Z',
      'from=-271821-04-20T00:00:00Z&until=9999-12-31T23:59:59Z',
    ]) {
      for (const path of [
        '/v1/profiles/user_id:u-1/events',
        '/v1/failed-events',
        '/v1/segments/rules/members',
        '/v1/tracking-plans/welcome/violations',
      ]) {
        expectCivil(await server.call('GET', `${path}?${query}`), `${path}?${query}`)
      }
    }
  })

  it('gets no further without a key, with a wrong one, or with a write key', async () => {
    for (const { method, path } of routes.filter((route) => route.path.startsWith('/v1/'))) {
      for (const authorization of [
        '',
        'Bearer nonsense',
        'Bearer write-key-of-the-test',
        'Basic eDp5',
        `Bearer ${'x'.repeat(5_000)}`,
        "Bearer ' OR 1=1 --",
      ]) {
        const answer = await server.call(method, filled(path), method === 'GET' ? undefined : samples[`${method} ${path}`], {
          authorization,
        })
        expect(answer.status, `${method} ${path} ${authorization.slice(0, 40)}`).toBe(401)
        expectCivil(answer, `${method} ${path}`)
      }
    }
  })

  it('never stops the tracking routes, and a bad event never costs the good ones beside it', { timeout: 600_000 }, async () => {
    for (const [path, sample] of Object.entries(trackingSamples)) {
      await together(mutations(sample, hostileValues), async (mutated) => {
        const { status, body } = await server.track(path, JSON.stringify(mutated))
        expect(status, `${path} ${JSON.stringify(mutated).slice(0, 200)} → ${JSON.stringify(body)}`).toBeLessThan(500)
      })
    }
    for (const { method, path } of tracking.filter((route) => route.method === 'POST')) {
      for (const body of hostileBodies)
        expect((await server.track(filled(path), body)).status, `${method} ${path} ${String(body).slice(0, 40)}`).toBeLessThan(500)
    }
    for (const { method, path } of tracking) {
      for (const segment of path.includes('{') ? hostileSegments : ['']) {
        const hostile = path.replace(/\{\w+\}/, segment)
        const { status } = await server.call(method, hostile, method === 'GET' ? undefined : trackingSamples['/v1/track'])
        expect(status, `${method} ${hostile.slice(0, 100)}`).toBeLessThan(500)
      }
    }
    const good = (id: string) => ({ type: 'track', userId: 'beside', event: 'Beside', messageId: id })
    const bad = hostileValues.map((value, index) => ({
      type: 'track',
      userId: 'beside',
      event: value,
      timestamp: value,
      messageId: `bad-${index}`,
    }))
    const { status } = await server.track('/v1/batch', { batch: [good('good-1'), ...hostileValues, ...bad, good('good-2')] })
    expect(status).toBe(200)
    await server.settle()
    const { body } = await server.call('GET', '/v1/profiles/user_id:beside/events?limit=1000')
    const ids = (body as { events: { messageId: string }[] }).events.map(({ messageId }) => messageId)
    expect(ids).toEqual(expect.arrayContaining(['good-1', 'good-2']))
    const metrics = String((await server.call('GET', '/metrics')).body)
    const count = (state: string) => Number(new RegExp(`tenon_events_total\\{state="${state}"\\} (\\d+)`).exec(metrics)?.[1])
    expect(count('received')).toBe(count('stored') + count('duplicate') + count('failed') + count('dropped') + count('in_log'))
    expect(count('failed')).toBeGreaterThan(0)
  })

  it('leaves nothing in the log of the server but expected trouble', () => {
    expect(server.logged.filter(({ message }) => message === 'a request failed')).toEqual([])
  })
})
