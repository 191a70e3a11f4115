import { gzipSync } from 'node:zlib'
import fc from 'fast-check'

/** A request to a route of the Segment protocol that something happened to. */
export interface MutatedRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
}

const CONTEXT = {
  ip: '203.0.113.9',
  locale: 'zh-CN',
  page: { url: 'https://shop.example/', path: '/' },
  consent: { categoryPreferences: {} },
}
const HEAD = { userId: 'u-1', anonymousId: 'a-1', timestamp: '2026-01-15T11:00:00Z', sentAt: '2026-01-15T11:00:01Z', context: CONTEXT }
const BASES: readonly object[] = [
  {
    type: 'track',
    event: 'Order Completed',
    properties: { order_id: 'o-1', revenue: 12.5, products: [{ product_id: 'p-1', quantity: 2 }] },
    ...HEAD,
  },
  { type: 'identify', traits: { email: 'an@example.com', age: 30, address: { city: 'Shanghai' } }, ...HEAD },
  { type: 'page', name: 'Home', category: 'Shop', properties: { title: 'Home' }, ...HEAD },
  { type: 'screen', name: 'Cart', properties: {}, ...HEAD },
  { type: 'group', groupId: 'g-1', traits: { name: 'Acme', employees: 9 }, ...HEAD },
  { type: 'alias', previousId: 'a-0', ...HEAD },
]

const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}null${'}'.repeat(depth)}`)

const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 6,
    arbitrary: fc.constantFrom<unknown>(
      ...[
        null,
        true,
        -0,
        1e308,
        2 ** 53 + 2,
        -1,
        '',
        ' ',
        '\0',
        '\ud800',
        "'; DROP TABLE events; --",
        '\\',
        '\\N',
        '{x:String}',
        '9'.repeat(40),
      ],
      ...[
        '2026-13-45T99:99:99Z',
        '+275760-09-13T00:00:00Z',
        '1899-01-01',
        'NaN',
        '__proto__',
        [],
        {},
        [[[[]]]],
        { toString: 1, constructor: {} },
      ],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      nested(70),
      nested(500),
      'x'.repeat(40_000),
      Array.from({ length: 2_000 }, () => 1),
    ),
  },
)

const mutation = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace' as const, 'delete' as const, 'rename' as const, 'wrap' as const),
  value: hostile,
})
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never

/** Changes one place of a value; which one follows from `at` alone. */
function mutate(value: unknown, { at, how, value: other }: Mutation): unknown {
  if (typeof value !== 'object' || value === null) return other
  const keys = Object.keys(value)
  const key = keys[at % Math.max(keys.length, 1)]
  if (key === undefined || Array.isArray(value)) return other
  const child: unknown = Reflect.get(value, key)
  const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
  const deeper = Math.floor(at / keys.length)
  if (typeof child === 'object' && child !== null && deeper % 3 !== 0)
    return { ...value, [key]: mutate(child, { at: deeper, how, value: other }) }
  switch (how) {
    case 'replace':
      return { ...value, [key]: other }
    case 'delete':
      return rest
    case 'rename':
      return { ...rest, [`${key}\u0000`.slice(0, (at % 3) + key.length - 1)]: child }
    case 'wrap':
      return { ...value, [key]: [child] }
  }
}

/** Now and then one that was there before. */
const messageId = fc.oneof(
  { weight: 9, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: fc.nat(2_000).map((number) => `repeated-${number}`) },
)

const event = fc
  .tuple(fc.constantFrom(...BASES), fc.array(mutation, { maxLength: 4 }), messageId)
  .map(([base, mutations, id]) => mutations.reduce<unknown>(mutate, { ...base, messageId: id }))

const bytes = fc.constantFrom('whole', 'whole', 'whole', 'whole', 'whole', 'whole', 'gzip', 'torn', 'flipped', 'torn-gzip', 'text' as const)

/** Requests of batches of about so many events. */
export const mutatedRequest = (events: number): fc.Arbitrary<MutatedRequest> =>
  fc
    .record({
      batch: fc.array(event, { minLength: 1, maxLength: events * 2 - 1, size: 'max' }),
      how: bytes,
      at: fc.nat(),
      mask: fc.integer({ min: 1, max: 255 }),
      path: fc.constantFrom('/v1/batch', '/v1/b', '/v1/import', '/v1/track', '//v1/batch/?x=1'),
      type: fc.constantFrom('application/json', 'text/plain', 'application/x-www-form-urlencoded', ''),
    })
    .map(({ batch, how, at, mask, path, type }) => ({
      path,
      headers: type === '' ? {} : { 'content-type': type },
      body: bodyOf(JSON.stringify({ batch, sentAt: '2026-01-15T11:00:02Z' }), how, at, mask),
    }))

function bodyOf(text: string, how: string, at: number, mask: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(Buffer.from(text))
  const place = at % whole.length
  switch (how) {
    case 'gzip':
      return new Uint8Array(gzipSync(whole))
    case 'torn':
      return whole.slice(0, place)
    case 'torn-gzip':
      return new Uint8Array(gzipSync(whole)).slice(0, Math.max(place % 200, 3))
    case 'flipped':
      return whole.map((byte, index) => (index === place ? byte ^ mask : byte))
    case 'text':
      return new Uint8Array(Buffer.from(JSON.stringify(text)))
    default:
      return whole
  }
}
