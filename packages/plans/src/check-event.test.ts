import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CheckedEvent, compilePlan } from './check-event.ts'
import { parsePlan } from './parse-plan.ts'

const checkOf = (plan: object) => {
  const parsed = parsePlan(JSON.parse(JSON.stringify(plan)))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return compilePlan('web', 3, parsed.plan)
}
const event = (
  name: string,
  properties: unknown,
  more: { context?: unknown; traits?: unknown; type?: CheckedEvent['type'] } = {},
): CheckedEvent => ({
  type: more.type ?? 'track',
  name,
  texts: {
    properties: JSON.stringify(properties),
    traits: JSON.stringify(more.traits ?? {}),
    context: JSON.stringify(more.context ?? {}),
    groupTraits: JSON.stringify(more.traits ?? {}),
  },
})
const order = {
  name: 'Order',
  properties: {
    type: 'object',
    required: ['total'],
    properties: { total: { type: 'number' }, lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } } },
  },
}
const words = (check: ReturnType<typeof checkOf>, given: CheckedEvent) =>
  check(given)?.violations.map(({ rule, field, mode }) => `${rule} ${field} ${mode}`) ?? []

describe('an event and a plan', () => {
  it('agree, or every difference is named by its rule and its place, and never by what the event said', () => {
    const check = checkOf({ mode: 'quarantine', events: [order] })
    expect(check(event('Order', { total: 1 }))).toBeUndefined()
    expect(words(check, event('Order', { total: 'a-secret', lines: [{ sku: 'x' }, { sku: 7 }] }))).toEqual([
      'type properties.total quarantine',
      'type properties.lines[1].sku quarantine',
    ])
    expect(words(check, event('Order', {}))).toEqual(['required properties.total quarantine'])
    expect(JSON.stringify(check(event('Order', { total: 'a-secret' })))).not.toContain('a-secret')
    expect(check(event('Order', {}))).toMatchObject({ plan: 'web', planVersion: 3, eventVersion: 1, mode: 'quarantine' })
  })

  it('treat what is not planned as the plan says, and the strictest counts', () => {
    const check = checkOf({ mode: 'flag', unplannedEvents: 'quarantine', unplannedProperties: 'allow', events: [order] })
    expect(words(check, event('Other', {}))).toEqual(['unplanned-event  quarantine'])
    expect(check(event('Home', {}, { type: 'page' }))).toBeUndefined()
    expect(words(check, event('Order', { total: 1, extra: 1, lines: [{ colour: 'red' }] })).toSorted()).toEqual([
      'unplanned-property properties.extra allow',
      'unplanned-property properties.lines[0].colour allow',
    ])
    expect(check(event('Order', { extra: 1 }))?.mode).toBe('flag')
  })

  it('are compared by version and by mode of the event, traits and context included', () => {
    const check = checkOf({
      mode: 'flag',
      events: [
        { name: 'Order', version: 2, mode: 'quarantine', properties: { type: 'object', required: ['b'] } },
        { name: 'Order', version: 1, properties: { type: 'object', required: ['a'] } },
        { type: 'identify', traits: { type: 'object', required: ['plan'] }, context: { type: 'object', required: ['locale'] } },
      ],
    })
    expect(words(check, event('Order', {}))).toEqual(['required properties.a flag'])
    expect(words(check, event('Order', {}, { context: { protocols: { event_version: 2 } } }))).toEqual(['required properties.b quarantine'])
    expect(words(check, event('Order', {}, { context: { protocols: { event_version: '9' } } }))).toEqual([
      'unplanned-version context.protocols.event_version allow',
    ])
    expect(words(check, event('identify', {}, { type: 'identify' }))).toEqual(['required traits.plan flag', 'required context.locale flag'])
  })

  it('have no names in the report that may be those of people: what is not planned is told as code writes it, or nearly as planned', () => {
    const check = checkOf({
      ...{ mode: 'flag', unplannedProperties: 'flag' },
      events: [
        {
          name: 'E',
          properties: {
            type: 'object',
            properties: {
              total: { type: 'number' },
              'Ship To': { type: 'string' },
              seats: { type: 'object', additionalProperties: { type: 'number' } },
            },
            dependentRequired: { total: ['Currency'] },
          },
          traits: { type: 'object', properties: { Ann: { type: 'string' } } },
        },
      ],
    })
    const placesOf = (properties: object, traits: object = {}) =>
      check(event('E', properties, { traits }))?.breaches.map(({ rule, path }) => `${rule} ${path}`)
    const unplanned = (...names: readonly string[]) =>
      placesOf(Object.fromEntries(names.map((name) => [name, 1])))?.map((one) => one.split(' properties.')[1])
    expect(unplanned('totl', 'Totl', 'TOTAL', 'ship_to', 'utm-source', 'lineItems', '$set', 'a.b')).toEqual([
      ...['totl', 'Totl', 'TOTAL', 'ship_to', 'utm-source', 'lineItems', '$set', 'a.b'],
    ])
    for (const name of [
      'Ann',
      'Ann Smith',
      'AnnSmith',
      '李娜',
      'Анна',
      'José',
      'ann smith',
      'ann@x',
      '+49 30 12',
      'x'.repeat(65),
      '__proto__',
      '',
    ])
      expect(unplanned(name), name).toEqual(['*'])
    expect(unplanned('Ann', 'Bob')).toEqual(['*'])
    expect(placesOf({ seats: { ann: 'front', Bob: 'back' } })).toEqual(['type properties.seats.*'])
    expect(placesOf({ total: 1, 'Ship To': 2 })?.toSorted()).toEqual(['dependentRequired properties.Currency', 'type properties.Ship To'])
    expect(placesOf({}, { Ann: 1 })).toEqual(['type traits.Ann'])
  })

  it('are told apart once for each rule, at a place that is the same in every event; the strictest counts, however many come before it', () => {
    const line = { type: 'object', required: ['sku'], properties: { sku: { type: 'string' }, price: { type: 'number', minimum: 0 } } }
    const properties = { list: { type: 'array', items: line }, mail: { type: 'string', format: 'email' }, colour: { enum: ['red'] } }
    const check = checkOf({
      ...{ mode: 'flag', unplannedProperties: 'quarantine' },
      events: [{ name: 'E', properties: { type: 'object', properties } }],
    })
    const list = [...Array.from({ length: 30 }, () => ({ sku: 7 })), { price: -1 }]
    const finding = check(event('E', { list, mail: 'a-secret', colour: 'a-secret', 'a-secret@example.com': 1 }))
    expect(finding?.violations).toHaveLength(20)
    expect(finding?.mode).toBe('quarantine')
    const told = finding?.breaches.map(({ kind, path, expected, actual, mode }) => [kind, path, expected, actual, mode].join(' '))
    expect(told?.toSorted()).toEqual([
      'missing properties.list[].sku   flag',
      'not-in-list properties.colour  string flag',
      'out-of-range properties.list[].price minimum 0 integer flag',
      'unplanned-property properties.*  integer quarantine',
      'wrong-format properties.mail format email string flag',
      'wrong-type properties.list[].sku string integer flag',
    ])
    expect(JSON.stringify(finding?.breaches)).not.toContain('a-secret')
  })

  it('never bring a check down, and never take long, whatever the event holds', () => {
    const check = checkOf({
      mode: 'flag',
      unplannedProperties: 'flag',
      events: [
        {
          name: 'E',
          properties: {
            type: 'object',
            properties: { text: { type: 'string', pattern: '^(a+)+$' }, list: { type: 'array', items: { type: 'integer' } } },
          },
        },
      ],
    })
    const began = process.cpuUsage()
    expect(words(check, event('E', { text: `${'a'.repeat(60_000)}!` }))).toEqual(['pattern properties.text flag'])
    expect(process.cpuUsage(began).user).toBeLessThan(5_000_000)
    expect(check(event('E', { list: Array.from({ length: 30_000 }, () => 'x') }))?.violations).toHaveLength(20)
    fc.assert(
      fc.property(
        fc.object({ maxDepth: 3, key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'text')) }),
        (properties) => {
          for (const { field, message } of check(event('E', properties))?.violations ?? [])
            expect((field + message).isWellFormed()).toBe(true)
        },
      ),
    )
  })
})
