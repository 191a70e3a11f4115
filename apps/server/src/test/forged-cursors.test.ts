import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'
import { samples, trackingSamples } from './samples.fixture.ts'

let server: TestServer
/** Every route that takes a cursor, with a thing that is there. */
let lists: readonly string[] = []

const things: Readonly<Record<string, string>> = {
  profile: 'user_id:u-1',
  key: 'welcome',
  type: 'account',
  account: 'account:a-1',
  matcher: 'linkage',
}
const filled = (path: string): string => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => things[name] ?? 'none')

beforeAll(async () => {
  server = await startTestServer()
  const { paths } = (await server.get('/openapi.json')) as { paths: Record<string, { get?: { parameters?: { name: string }[] } }> }
  lists = Object.entries(paths).flatMap(([path, { get }]) => (get?.parameters?.some(({ name }) => name === 'cursor') ? [filled(path)] : []))
  for (const [path, body] of Object.entries(trackingSamples)) await server.track(path, body)
  await server.settle()
  for (const [route, body] of Object.entries(samples))
    if (route.startsWith('PUT ')) await server.call('PUT', filled(route.slice('PUT '.length)), body)
})
afterAll(() => server.close())

const wild = {
  number: [-1, 0.5, 1e308, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 8.64e15, 8.64e15 + 1, -8.64e15, 2 ** 63, 1e13, null, '1'],
  string: ['', '\0', '\ud800', "\\'; --", '\t\n', 'x'.repeat(1_400), 1, null, {}],
} as const
const tame = { number: 1, string: 'a' } as const
const shapes: readonly (readonly (keyof typeof wild)[])[] = [
  ['number'],
  ['string'],
  ['string', 'string'],
  ['number', 'string'],
  ['number', 'string', 'string'],
  ['number', 'string', 'number', 'number'],
]
const encoded = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url')
const forged: readonly string[] = [
  ...shapes.flatMap((shape) =>
    shape.flatMap((kind, at) => wild[kind].map((value) => encoded(shape.map((other, index) => (index === at ? value : tame[other]))))),
  ),
  ...['null', '{}', '[]', '[[[]]]', '[1e999]', '[NaN]', '\u0000'].map((text) => Buffer.from(text).toString('base64url')),
  ...['1e400_1', '-Infinity_1', 'NaN_NaN', '1_1e300', '1_-9007199254740993', '_', '1e308_9007199254740991', '-1e308_-1'],
  ...['999999999999999', '0', '-1', '253402300800000'].map((at) => `${at}.01a200a0-b924-7c95-8e4f-fb7e08f77129`),
]

it('a forged cursor is never a failure of ours, on any list', { timeout: 240_000 }, async () => {
  expect(lists.length).toBeGreaterThanOrEqual(9)
  for (const path of lists) {
    // The thing is there: else nobody would look at the cursor.
    if (!path.includes('none')) expect((await server.call('GET', path)).status, path).toBe(200)
    for (const cursor of forged) {
      const { status, body } = await server.call('GET', `${path}?limit=1&cursor=${encodeURIComponent(cursor)}`)
      const what = `${path} ${cursor} ${Buffer.from(cursor, 'base64url')} → ${JSON.stringify(body).slice(0, 200)}`
      expect([200, 400], what).toContain(status)
      for (const rows of Object.values(body as object)) if (Array.isArray(rows) && status === 200) expect(rows.length, what).toBeLessThan(2)
    }
  }
  expect(server.logged.filter(({ message }) => message === 'a request failed')).toEqual([])
})

it('a cursor of violations has no window that nobody may ask for', async () => {
  const day = 86_400_000
  const now = Date.now()
  for (const [from, until, expected] of [
    [now - 92 * day, now, 200],
    [now - 92 * day - 1, now, 400],
    [now, now, 400],
    [now, now - day, 400],
    [0, 8.64e15 + 1, 400],
    [0, now, 400],
  ] as const) {
    const cursor = encoded([1, 'a', from, until])
    const { status, body } = await server.call('GET', `/v1/tracking-plans/welcome/violations?cursor=${cursor}`)
    expect([status, status === 400 ? (body as { code: string }).code : undefined], `${from} ${until}`).toEqual([
      expected,
      expected === 400 ? 'TENON_ANALYTICS_CURSOR_INVALID' : undefined,
    ])
  }
})
