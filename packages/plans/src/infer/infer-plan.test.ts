import type { Json, Properties } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePlan } from '../check-event.ts'
import { isName } from '../field-path.ts'
import { parsePlan } from '../parse-plan.ts'
import { type Inference, inferPlan, type PlanDraft, type SampledEvent } from './infer-plan.ts'

const sampled = (properties: unknown, more: Partial<Pick<SampledEvent, 'type' | 'name' | 'person'>> & { context?: object } = {}) => {
  const { context = {}, ...rest } = more
  const text = JSON.stringify(properties)
  const texts = { properties: text, traits: text, groupTraits: text, context: JSON.stringify(context) }
  return { type: 'track', name: 'Order', person: 0, ...rest, texts } as const satisfies SampledEvent
}
const learned = (events: readonly SampledEvent[]): Inference => {
  const inference = inferPlan()
  for (const event of events) inference.add(event)
  return inference
}
const draftOf = (events: readonly SampledEvent[], tolerance = 0): PlanDraft => learned(events).draft({ tolerance })

/** What five people say may be told. */
const byFive = (events: readonly SampledEvent[]): readonly SampledEvent[] =>
  events.flatMap((each) => [1, 2, 3, 4, 5].map((person) => ({ ...each, person })))

/** As the API gets it, in the strictest reading: what is not planned breaks it. */
function checkOf({ plan }: PlanDraft) {
  const strict = { ...plan, mode: 'quarantine', unplannedEvents: 'quarantine', unplannedProperties: 'quarantine' }
  const parsed = parsePlan(JSON.parse(JSON.stringify(strict)) as Properties)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return compilePlan('draft', 1, parsed.plan)
}
const schemaOf = ({ plan }: PlanDraft) => (plan.events as readonly { properties: Json }[])[0]?.properties

const key = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    'a',
    'b',
    'total',
    '__proto__',
    'constructor',
    '$ref',
    'properties',
    'required',
    'a.b',
    'x/y',
    '\'"',
    '名',
    '\0',
    '\ud800',
    'an@x',
  ),
)
const leaf = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    0,
    1.5,
    -7,
    'red',
    'blue',
    '',
    'an@example.com',
    '2026-01-02',
    '2026-01-02T03:04:05Z',
    'mailto:a@b.c',
    'https://x.example/',
  ),
  fc.string({ maxLength: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
})).value
const name = fc.constantFrom('Order', "'; DROP TABLE events; --", '__proto__', 'Größe\n', '{x:String}')
const version = fc.constantFrom(undefined, 1, 2, '3', 0, 'x')
const event: fc.Arbitrary<SampledEvent> = fc
  .record({
    properties: fc.dictionary(key, value, { maxKeys: 5 }),
    name,
    type: fc.constantFrom('track', 'track', 'identify', 'group', 'page'),
    version,
    person: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ properties, version: said, ...rest }) =>
    sampled(properties, { ...rest, context: said === undefined ? {} : { protocols: { event_version: said } } }),
  )
const events = fc.array(event, { minLength: 1, maxLength: 12 })
/** Beside a name that is none an object is open, and what it is found to have later is new to it. */
const orders = fc.array(
  fc.dictionary(key.filter(isName), value, { maxKeys: 5 }).map((properties) => sampled(properties)),
  { minLength: 1, maxLength: 8 },
)
const hasVersion = ({ texts }: SampledEvent): boolean => !/event_version":(0|"x")/.test(texts.context)

describe('a draft', () => {
  it('is a plan that all it was inferred from keeps to', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(events, (given) => {
        const check = checkOf(draftOf(given))
        for (const each of given.filter(hasVersion)) expect(check(each)).toBeUndefined()
      }),
      { numRuns: 60 },
    )
  })

  it('is the same for every order, and for every way to share the events out', () => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat()), (given, random) => {
        const whole = draftOf(given)
        const shuffled = given.map((each) => [random.next().value, each] as const).toSorted(([left], [right]) => left - right)
        expect(draftOf(shuffled.map(([, each]) => each))).toEqual(whole)
        const [some, others] = [0, 1].map((half) => learned(shuffled.flatMap(([number, each]) => (number % 2 === half ? [each] : []))))
        if (some === undefined || others === undefined) return
        some.merge(others)
        expect(some.draft({ tolerance: 0 })).toEqual(whole)
      }),
      { numRuns: 200 },
    )
  })

  it('only becomes wider with more events', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(orders, orders, orders, (given, more, probes) => {
        const before = checkOf(draftOf(byFive(given)))
        const after = checkOf(draftOf(byFive([...given, ...more])))
        for (const probe of probes) if (before(probe) === undefined) expect(after(probe)).toBeUndefined()
      }),
      { numRuns: 60 },
    )
  })

  it('says what was seen: types, what is always there, formats, lists and what is in them', () => {
    const given = [
      sampled({ id: 'o-1', total: 1, at: '2026-01-02T03:04:05Z', lines: [{ sku: 'a', price: 2 }], note: null }),
      sampled({ id: 'o-2', total: 2.5, at: '2026-01-02T03:04:05+08:00', lines: [{ sku: 'b', price: 3 }, { sku: 'c' }], note: 'x' }),
    ]
    const draft = draftOf(byFive(given))
    expect(schemaOf(draft)).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string' },
        total: { type: 'number' },
        at: { type: 'string', format: 'date-time' },
        note: { type: ['null', 'string'] },
        lines: {
          type: 'array',
          items: { type: 'object', properties: { sku: { type: 'string' }, price: { type: 'integer' } }, required: ['sku'] },
        },
      },
      required: ['at', 'id', 'lines', 'note', 'total'],
    })
    expect(draft.plan).toMatchObject({ mode: 'flag', events: [{ type: 'track', name: 'Order', version: 1 }] })
    expect(draft.events[0]?.sampled).toBe(10)
    expect(draft.events[0]?.fields.find(({ field }) => field === 'properties.lines[].price')).toEqual({
      ...{ field: 'properties.lines[].price', seen: 10, share: 2 / 3, types: { integer: 10 }, formats: {} },
    })
  })

  it('tolerates what hardly any event does, where it is asked to', () => {
    const given = Array.from({ length: 100 }, (_, index) =>
      sampled(index === 0 ? { total: 'free', mail: 'none' } : { total: index, mail: `u${index}@example.com`, ok: true }, {
        person: index + 1,
      }),
    )
    expect(schemaOf(draftOf(given, 0.02))).toEqual({
      type: 'object',
      properties: { mail: { type: 'string', format: 'email' }, ok: { type: 'boolean' }, total: { type: 'integer' } },
      required: ['mail', 'ok', 'total'],
    })
    expect(schemaOf(draftOf(given))).toMatchObject({ properties: { total: { type: ['integer', 'string'] }, mail: { type: 'string' } } })
  })
})

describe('what people said', () => {
  const said = (text: (person: number) => string, property = 'colour', people = 30) =>
    Array.from({ length: people * 4 }, (_, index) => sampled({ [property]: text(index % people) }, { person: (index % people) + 1 }))

  it('is told only where several say the same few words, and never what could name or reach one of them', () => {
    const colours = ['red', 'green', 'blue']
    expect(schemaOf(draftOf(said((person) => colours[person % 3] ?? '')))).toMatchObject({
      properties: { colour: { type: 'string', enum: ['blue', 'green', 'red'] } },
    })
    const silent: readonly (readonly SampledEvent[])[] = [
      said((person) => `value-${person}`),
      said((person) => (person === 7 ? 'secret' : (colours[person % 3] ?? ''))),
      said((person) => colours[person % 3] ?? '', 'first_name'),
      said((person) => `u${person % 3}@example.com`),
      said((person) => `+49 30 ${123_450 + (person % 3)}9`),
      said((person) => colours[person % 3] ?? '', 'colour', 3),
      said((person) => colours[person % 3] ?? '').map((each) => ({ ...each, person: 0 })),
    ]
    for (const given of silent) expect(JSON.stringify(draftOf(given))).not.toMatch(/enum|secret|example|"red"|value-/)
  })

  it('is told in no name of a property but those that five people say', () => {
    const told = { 'Ann Smith': true, 'Bob Lee': true, 李娜: true, ann_lee: true, '+49 30 1234': true }
    const given = Array.from({ length: 40 }, (_, person) =>
      sampled({ attendees: person === 7 ? told : {}, total: 1, ...(person < 4 ? { coupon: 'x' } : {}) }, { person: person + 1 }),
    )
    const draft = draftOf([...given, ...given, ...Array.from({ length: 9 }, () => sampled({ attendees: { Zoe: true }, total: 2 }))])
    expect(JSON.stringify(draft)).not.toMatch(/Smith|Lee|李娜|ann_lee|1234|Zoe|coupon/)
    expect(schemaOf(draft)).toEqual({
      type: 'object',
      properties: { attendees: { type: 'object' }, total: { type: 'integer' } },
      ...{ required: ['attendees', 'total'], additionalProperties: true },
    })
    expect(schemaOf(draftOf([...given, ...given], 0.2))).not.toHaveProperty('additionalProperties')
    expect(schemaOf(draftOf([...given, sampled({ coupon: 'y' }, { person: 5 })]))).toMatchObject({
      properties: { coupon: { type: 'string' } },
    })
  })

  it('is in no draft and in no statistics', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), value), { maxLength: 20 }), (given) => {
        const secret = given.map((each) =>
          sampled({ ...each, word: 'a-secret', 'a-secret@x': 1, deep: [{ word: 'a-secret' }] }, { person: 1 }),
        )
        expect(JSON.stringify(draftOf(secret))).not.toContain('a-secret')
      }),
    )
  })
})

describe('hostile traffic', () => {
  it('costs one event and no draft: ten thousand names, a thousand levels, a name for every event', () => {
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, index]))
    let deep: object = {}
    for (let level = 0; level < 1_000; level++) deep = { deep }
    const maps = Array.from({ length: 500 }, (_, index) =>
      sampled({ total: index, [`k-${index}`]: { [`z-${index}`]: 'x' } }, { person: index + 1 }),
    )
    const given = [sampled(wide), sampled({ total: 1, deep }), ...maps]
    const draft = draftOf(given)
    expect(draft.leftOut).toEqual({ unplanned: 0, oversized: 1, versions: 0 })
    expect(schemaOf(draft)).toEqual({
      ...{ type: 'object', properties: { total: { type: 'integer' } }, required: ['total'], additionalProperties: true },
    })
    const check = checkOf(draft)
    for (const each of given.slice(1)) expect(check(each)).toBeUndefined()
  })

  it('keeps the same places whatever comes first', () => {
    const given = Array.from({ length: 90 }, (_, index) => sampled({ a: 1, [`list-${index}`]: [{ x: { [`y-${index}`]: { z: index } } }] }))
    const whole = draftOf(given)
    expect(draftOf(given.toReversed())).toEqual(whole)
    const [some, others] = [learned(given.slice(0, 40)), learned(given.slice(40))]
    some.merge(others)
    expect(some.draft({ tolerance: 0 })).toEqual(whole)
    const check = checkOf(whole)
    for (const each of given) expect(check(each)).toBeUndefined()
  })

  it('never makes more than a plan can hold, nor more versions than people read', () => {
    const names = Array.from({ length: 1_500 }, (_, index) => sampled({ a: 1 }, { name: `Event ${index}` }))
    const versions = Array.from({ length: 50 }, (_, index) => sampled({}, { context: { protocols: { event_version: index + 1 } } }))
    const draft = draftOf([...names, ...versions, sampled({}, { name: 'x'.repeat(600) })])
    expect(draft.leftOut).toEqual({ unplanned: 509, oversized: 0, versions: 42 })
    checkOf(draft)
  })
})
