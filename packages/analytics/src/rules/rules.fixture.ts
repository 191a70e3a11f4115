import type {
  Comparison,
  Json,
  Measure,
  Measured,
  MeasureKind,
  Properties,
  Rule,
  Scalar,
  TagValue,
  Where,
  Window,
} from '@tenon/kernel/contracts'
import fc from 'fast-check'
import type { HistoricEvent } from './reference.fixture.ts'

/** Rules and histories out of one small vocabulary, so that what a rule asks for is often there, and as often of another type. */

export const NOW = Date.UTC(2026, 5, 15, 12)
const HOUR = 3_600_000

const nasty = ["' OR 1=1 --", '{p0:String}', '\\', '"', 'a\nb\t\0', '杭州', '😀', 'é', '%', '[]', 'null', 'true', '']
const texts = ['food', 'Food', 'foo', 'toys', '1', '0.1', ...nasty]
const numbers = [0, 1, 2, 3, 100, -5, 0.1, 0.2, 0.25, 1e-7, 123_456_789.125, 2 ** 53]
const dates = [
  '2026-06-15',
  '2026-06-15T12:00:00Z',
  '2026-06-08T12:00:00.000Z',
  '2026-06-14T23:30',
  '2026-06-01T00:00:00+08:00',
  '2026-06-31',
  '2026-06-15 12:00',
  '2025-02-29',
]
const goodDates = dates.slice(0, 5)

const text = fc.constantFrom(...texts)
const number = fc.constantFrom(...numbers)
const date = fc.constantFrom(...dates)
const scalar: fc.Arbitrary<Scalar> = fc.oneof(text, number, fc.boolean(), date)

const json: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.constantFrom<Json>(null, [], {}, ['food', 1, null], [[1, 2], [3]], { b: 1 }, { b: ['food'] }) },
)

const item: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ cat: fc.oneof(fc.constantFrom('food', 'toys', 'é', 7), json), price: fc.oneof(number, json) }, { requiredKeys: [] }),
  scalar,
  fc.constant(null),
)

const properties: fc.Arbitrary<Properties> = fc.record(
  {
    total: fc.oneof({ weight: 6, arbitrary: number }, { weight: 2, arbitrary: json }, { weight: 1, arbitrary: fc.constant(1e20) }),
    kind: fc.oneof({ weight: 3, arbitrary: text }, json),
    when: fc.oneof({ weight: 3, arbitrary: date }, json),
    items: fc.oneof({ weight: 3, arbitrary: fc.array(item, { maxLength: 4 }) }, json),
    a: fc.oneof(fc.record({ b: json }), json),
    '0': json,
    "it's": scalar,
  },
  { requiredKeys: [], noNullPrototype: true },
)

const traits: fc.Arbitrary<Properties> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        city: json,
        joined: fc.oneof({ weight: 3, arbitrary: date }, json),
        age: json,
        likes: fc.oneof(fc.array(scalar, { maxLength: 3 }), json),
        a: fc.record({ b: json }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  },
)

const EVENTS = ['Order', 'View', "O'Hara \\ {x:String}"]

/** Full hours mostly, so that windows end where events are. */
const timestamp = fc.oneof(
  fc.integer({ min: -24 * 12, max: 30 }).map((hours) => new Date(NOW + hours * HOUR)),
  fc.constantFrom(0, -7 * 24 * HOUR, -7 * 24 * HOUR + 1, 1, -1, -12 * HOUR, -4 * HOUR).map((shift) => new Date(NOW + shift)),
)

export const anyEvent: fc.Arbitrary<HistoricEvent> = fc.record(
  {
    name: fc.constantFrom('Order', 'Order', ...EVENTS),
    timestamp,
    receivedAt: fc.constantFrom(0, 1).map((shift) => new Date(NOW + shift)),
    messageId: fc.uuid(),
    properties,
    traits,
  },
  { noNullPrototype: true },
)

export const TAGS = ['tier', 'score', 'likes', 'active', 'birthday', "t'\\"]
export const SEGMENTS = ['vip', "s'\\"]

export const anyTagValue: fc.Arbitrary<TagValue> = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
  fc.constantFrom(...goodDates.slice(1, 3)).map((one) => new Date(one)),
)

const duration = fc.constantFrom('7d', '12h', '1h', '2w', '1s', '100w')

export const anyComparison: fc.Arbitrary<Comparison> = fc.oneof(
  scalar.map((eq) => ({ eq })),
  scalar.map((ne) => ({ ne })),
  fc.array(scalar, { minLength: 1, maxLength: 4 }).map((list) => ({ in: list })),
  fc.array(scalar, { minLength: 1, maxLength: 4 }).map((notIn) => ({ notIn })),
  number.map((gt) => ({ gt })),
  number.map((gte) => ({ gte })),
  number.map((lt) => ({ lt })),
  number.map((lte) => ({ lte })),
  fc.tuple(number, number).map(([left, right]) => ({ between: [Math.min(left, right), Math.max(left, right)] as const })),
  text.filter((one) => one !== '').map((contains) => ({ contains })),
  text.filter((one) => one !== '').map((startsWith) => ({ startsWith })),
  text.filter((one) => one !== '').map((endsWith) => ({ endsWith })),
  fc.boolean().map((exists) => ({ exists })),
  fc.constantFrom(...goodDates).map((before) => ({ before })),
  fc.constantFrom(...goodDates).map((after) => ({ after })),
  duration.map((last) => ({ last })),
  duration.map((notLast) => ({ notLast })),
)

const PATHS = [
  'total',
  'kind',
  'when',
  'items[].cat',
  'items[].price',
  'items[]',
  'items',
  'a.b',
  'a.b[]',
  'a',
  '0',
  "it's",
  'nothing.here',
]
const path = fc.constantFrom(...PATHS)
const traitPath = fc.constantFrom('city', 'joined', 'age', 'likes', 'likes[]', 'a.b', 'a', 'nothing')

const where: fc.Arbitrary<Where> = fc.oneof(
  fc.tuple(path, anyComparison).map(([property, how]) => ({ property, ...how })),
  fc.constantFrom<Where>({ property: 'total', gte: 1 }, { property: 'items[].cat', eq: 'food' }, { property: 'kind', exists: true }),
)
const wheres = fc.option(fc.array(where, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 2 })

const event = fc.constantFrom('Order', 'Order', ...EVENTS)

const window: fc.Arbitrary<Window> = fc.oneof(
  duration.map((last) => ({ last })),
  fc.integer({ min: 1, max: 9 }).map((days) => ({ days })),
  fc.constantFrom(...goodDates).map((from) => ({ from })),
  fc.tuple(fc.constantFrom(...goodDates), fc.constantFrom(...goodDates)).map(([from, to]) => ({ from, to })),
  fc.constantFrom('joined', 'city', 'a.b').map((trait) => ({ since: { trait } })),
  fc.tuple(event, wheres).map(([name, how]) => ({ since: { event: name, ...(how === undefined ? {} : { where: how }) } })),
)

const kind: fc.Arbitrary<MeasureKind> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<MeasureKind>('count', 'days', 'recency', 'streak') },
  path.map((sum) => ({ sum })),
  path.map((avg) => ({ avg })),
  path.map((min) => ({ min })),
  path.map((max) => ({ max })),
  path.map((distinct) => ({ distinct })),
  path.map((first) => ({ first })),
  path.map((last) => ({ last })),
  fc
    .tuple(path, fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }))
    .map(([top, n]) => ({ top, ...(n === undefined ? {} : { n }) })),
  fc.constantFrom<MeasureKind>(
    { top: 'items[].cat', n: 2, by: { sum: 'items[].price' } },
    { top: 'items[].cat', by: { sum: 'total' } },
    { top: 'items[]', n: 3, by: { sum: 'items[]' } },
    { top: 'kind', n: 2, by: { sum: 'total' } },
    { top: 'kind', by: 'count' },
  ),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.oneof(fc.constant('timestamp'), path)).map(([nth, of]) => ({ nth, of })),
)

export const anyMeasured: fc.Arbitrary<Measured> = fc
  .tuple(event, wheres, kind, fc.option(window, { nil: undefined }))
  .map(([name, how, measure, within]) => ({
    event: name,
    ...(how === undefined ? {} : { where: how }),
    measure,
    ...(within === undefined ? {} : { within }),
  }))

const ratio = fc.tuple(anyMeasured, anyMeasured).map((pair) => ({ ratio: pair }))

export const anyMeasure: fc.Arbitrary<Measure> = fc.oneof(
  { weight: 5, arbitrary: anyMeasured },
  { weight: 1, arbitrary: ratio },
  { weight: 1, arbitrary: traitPath.map((trait) => ({ trait })) },
  { weight: 1, arbitrary: fc.constantFrom(...TAGS).map((tag) => ({ tag })) },
)

const leaf = (segments: readonly string[]): fc.Arbitrary<Rule> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant<Rule>({ always: true }) },
    { weight: 4, arbitrary: fc.tuple(traitPath, anyComparison).map(([trait, how]) => ({ trait, ...how })) },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...TAGS), anyComparison).map(([tag, how]) => ({ tag, ...how })) },
    { weight: 2, arbitrary: fc.constantFrom(...SEGMENTS, ...segments).map((segment) => ({ segment })) },
    { weight: 1, arbitrary: fc.constantFrom('marketing', 'profile').map((consent) => ({ consent })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          text.filter((one) => one !== ''),
          fc.constantFrom([0, 0.5], [0.5, 1], [0.2, 0.4]),
        )
        .map(([salt, [from = 0, to = 1]]) => ({ bucket: { salt, from, to } })),
    },
    { weight: 10, arbitrary: fc.tuple(anyMeasured, anyComparison).map(([what, how]) => ({ ...what, ...how })) },
    { weight: 1, arbitrary: fc.tuple(ratio, anyComparison).map(([what, how]) => ({ ...what, ...how })) },
  )

/** Rules that may also refer to the segments that others of the same scan define. */
export const anyRule = (segments: readonly string[] = []): fc.Arbitrary<Rule> =>
  fc.letrec<{ rule: Rule }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 3 },
      { weight: 3, arbitrary: leaf(segments) },
      { weight: 1, arbitrary: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })) },
      { weight: 1, arbitrary: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })) },
      { weight: 1, arbitrary: tie('rule').map((not) => ({ not })) },
    ),
  })).rule
