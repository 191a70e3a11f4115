import fc from 'fast-check'
import type { Comparison, Measure, Measured, MeasureKind, Rule, Scalar, Where, Window } from '../src/contracts/rule/rule.ts'

/** Rules and measures of every shape, for tests. */

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
  fc.constantFrom('杭州', `' OR 1=1 --`, '{p0:String}'),
)
const number = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => (Object.is(value, -0) ? 0 : value))
const scalar: fc.Arbitrary<Scalar> = fc.oneof(fc.boolean(), number, text)
const duration = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.constantFrom('s', 'm', 'h', 'd', 'w'))
  .map(([amount, unit]) => `${amount}${unit}`)
const date = fc.constantFrom('2026-01-01', '2026-04-01T09:30', '2025-12-31T23:59:59.999Z', '2026-02-28T00:00:00+08:00')
const step = fc.constantFrom('a', 'total', '价格', 'with space', '0')
const path = fc
  .array(
    fc.tuple(step, fc.constantFrom('', '[]')).map((parts) => parts.join('')),
    { minLength: 1, maxLength: 3 },
  )
  .map((steps) => steps.join('.'))

const comparison: fc.Arbitrary<Comparison> = fc.oneof(
  scalar.map((eq) => ({ eq })),
  scalar.map((ne) => ({ ne })),
  fc.array(scalar, { minLength: 1, maxLength: 4 }).map((list) => ({ in: list })),
  fc.array(scalar, { minLength: 1, maxLength: 4 }).map((notIn) => ({ notIn })),
  number.map((gt) => ({ gt })),
  number.map((gte) => ({ gte })),
  number.map((lt) => ({ lt })),
  number.map((lte) => ({ lte })),
  fc.tuple(number, number).map(([left, right]) => ({ between: [Math.min(left, right), Math.max(left, right)] as const })),
  text.map((contains) => ({ contains })),
  text.map((startsWith) => ({ startsWith })),
  text.map((endsWith) => ({ endsWith })),
  fc.boolean().map((exists) => ({ exists })),
  date.map((before) => ({ before })),
  date.map((after) => ({ after })),
  duration.map((last) => ({ last })),
  duration.map((notLast) => ({ notLast })),
)

const where: fc.Arbitrary<Where> = fc.tuple(path, comparison).map(([property, how]) => ({ property, ...how }))
const wheres = fc.option(fc.array(where, { minLength: 1, maxLength: 3 }), { nil: undefined })

const since: fc.Arbitrary<Window> = fc.oneof(
  path.map((trait) => ({ since: { trait: trait.replaceAll('[]', '') } })),
  fc.tuple(text, wheres).map(([event, where]) => ({ since: { event, ...(where === undefined ? {} : { where }) } })),
)
const window: fc.Arbitrary<Window> = fc.oneof(
  duration.map((last) => ({ last })),
  fc.integer({ min: 1, max: 400 }).map((days) => ({ days })),
  fc.constantFrom<Window>({ days: 7, zone: 'profile' }, { days: 7, zone: 'workspace' }),
  date.map((from) => ({ from })),
  date.map((to) => ({ to })),
  fc.tuple(date, date).map(([from, to]) => ({ from, to })),
  since,
)

const kind: fc.Arbitrary<MeasureKind> = fc.oneof(
  fc.constantFrom<MeasureKind>('count', 'days', 'recency', 'streak'),
  path.map((sum) => ({ sum })),
  path.map((avg) => ({ avg })),
  path.map((min) => ({ min })),
  path.map((max) => ({ max })),
  path.map((distinct) => ({ distinct })),
  path.map((first) => ({ first })),
  path.map((last) => ({ last })),
  path.map((top) => ({ top })),
  fc.constantFrom<MeasureKind>(
    { top: 'a[].b', n: 3, by: { sum: 'a[].c' } },
    { top: 'a[].b', by: 'count' },
    { top: 'a[].b', by: { sum: 'c' } },
  ),
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.oneof(fc.constant('timestamp'), path)).map(([nth, of]) => ({ nth, of })),
)

const measured: fc.Arbitrary<Measured> = fc
  .tuple(text, wheres, kind, fc.option(window, { nil: undefined }))
  .map(([event, where, measure, within]) => ({
    event,
    ...(where === undefined ? {} : { where }),
    measure,
    ...(within === undefined ? {} : { within }),
  }))

const ratio = fc.tuple(measured, measured).map((pair) => ({ ratio: pair }))

export const anyMeasure = (): fc.Arbitrary<Measure> =>
  fc.oneof(
    measured,
    ratio,
    path.map((trait) => ({ trait })),
    text.map((tag) => ({ tag })),
  )

const leaf: fc.Arbitrary<Rule> = fc.oneof(
  fc.constant<Rule>({ always: true }),
  fc.tuple(path, comparison).map(([trait, how]) => ({ trait, ...how })),
  fc.tuple(text, comparison).map(([tag, how]) => ({ tag, ...how })),
  text.map((segment) => ({ segment })),
  fc.constantFrom('marketing', 'marketing.email').map((consent) => ({ consent })),
  fc.tuple(text, fc.integer({ min: 0, max: 9 })).map(([salt, tenth]) => ({ bucket: { salt, from: tenth / 10, to: (tenth + 1) / 10 } })),
  fc.tuple(measured, comparison).map(([what, how]) => ({ ...what, ...how })),
  fc.tuple(ratio, comparison).map(([what, how]) => ({ ...what, ...how })),
  fc.constant<Rule>({
    sequence: [
      { event: 'Product Added', as: 'add' },
      { event: 'Order Completed', within: '2d', where: [{ property: 'cart_id', same: 'add.cart_id' }] },
    ],
    never: [{ event: 'Product Removed', between: ['add', 'end'] }],
    within: { last: '30d' },
  }),
)

export const anyRule = (): fc.Arbitrary<Rule> =>
  fc.letrec<{ rule: Rule }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
      fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
      tie('rule').map((not) => ({ not })),
    ),
  })).rule
