import { createHmac } from 'node:crypto'
import type { CustomerEvent, Json, Properties } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { piiConfig } from './config.ts'
import { eventWith } from './event.fixture.ts'
import { piiTransformation } from './pii-transformation.ts'

const SECRET = 'a secret of many letters'
const asked = { workspace: 'shop', purpose: 'collect', signal: new AbortController().signal }

async function cleaned(rules: readonly object[], parts: Partial<CustomerEvent>, more: object = {}): Promise<CustomerEvent | string> {
  const { transform } = piiTransformation(piiConfig.parse({ rules, secret: SECRET, ...more }))
  const event = eventWith(parts)
  const [outcome] = await transform({ events: [event] }, asked)
  if (outcome?.kind === 'changed') return { ...event, ...outcome.parts }
  return outcome?.kind === 'failed' ? outcome.code : event
}

const hashOf = (text: string): string => `hmac-sha256:${createHmac('sha256', SECRET).update(text).digest('base64url')}`

describe('a rule', () => {
  it('by path removes, masks or hashes what is there, through lists too', async () => {
    const properties = { products: [{ sku: 1, note: 'for Bo' }, { sku: 2 }], 'a.b': 'dotted', keep: 'note' }
    const rules = [
      { path: 'properties.products.*.note', action: 'remove' },
      { path: 'properties.products.1', action: 'hash' },
      { path: ['properties', 'a.b'], action: 'mask', show: 2 },
      { path: 'traits.name', action: 'hash' },
    ]
    expect(await cleaned(rules, { properties, traits: { name: ' An Li ', age: 30 } })).toMatchObject({
      properties: { products: [{ sku: 1 }, hashOf('{"sku":2}')], 'a.b': '***ed', keep: 'note' },
      traits: { name: hashOf('an li'), age: 30 },
    })
  })

  it('by key finds it however deep, in all parts', async () => {
    const rules = [{ key: '*phone*', action: 'remove' }]
    const inner = { homePhone: 1, deep: [{ PHONE: '2', other: 3 }] }
    const left = { deep: [{ other: 3 }] }
    const parts = { properties: inner, traits: inner, context: inner, group: { id: 'g', traits: inner } }
    expect(await cleaned(rules, parts)).toMatchObject({ properties: left, traits: left, context: left, group: { id: 'g', traits: left } })
  })

  it('by detector covers the piece and leaves the rest', async () => {
    const rules = [
      { detect: 'email', action: 'hash' },
      { detect: 'card', action: 'mask', show: 4 },
      { detect: 'phone', action: 'remove' },
    ]
    const properties = {
      text: 'An@Example.com paid with 4111 1111 1111 1111.',
      number: 4111111111111111,
      call: 'at +49 89 1234567',
      ms: 1700000000000,
    }
    expect(await cleaned(rules, { name: 'Mail to an@example.com', properties, context: { 'an@example.com': true } })).toMatchObject({
      name: `Mail to ${hashOf('an@example.com')}`,
      properties: { text: `${hashOf('an@example.com')} paid with ***1111.`, number: '***1111', ms: 1700000000000 },
      context: {},
    })
  })

  it('that comes first in the configuration counts', async () => {
    const [hash, remove] = [
      { key: 'ssn', action: 'hash' },
      { path: 'traits.ssn', action: 'remove' },
    ]
    expect(await cleaned([hash, remove], { traits: { ssn: 'x' } })).toMatchObject({ traits: { ssn: hashOf('x') } })
    expect(await cleaned([remove, hash], { traits: { ssn: 'x' } })).toMatchObject({ traits: {} })
  })

  it('leaves the identifiers alone unless it is told to touch them', async () => {
    const untouched = eventWith({}).identifiers
    expect(
      await cleaned(
        [
          { detect: 'email', action: 'hash' },
          { key: 'email', action: 'remove' },
        ],
        {},
      ),
    ).toMatchObject({ identifiers: untouched })
    const [user] = untouched
    const hashed = { type: 'email', value: hashOf('an@example.com') }
    expect(await cleaned([{ detect: 'email', action: 'hash', identifiers: true }], {})).toMatchObject({ identifiers: [user, hashed] })
    expect(await cleaned([{ key: 'e*l', action: 'remove', identifiers: true }], {})).toMatchObject({ identifiers: [user] })
    expect(await cleaned([{ path: 'identifiers.email', action: 'hash' }], {})).toMatchObject({ identifiers: [user, hashed] })
  })

  it('that can not be kept fails the event: too deep, too much', async () => {
    const rules = [{ key: 'x', action: 'remove' }]
    expect(await cleaned(rules, { properties: { a: { b: { c: 1 } } } }, { maxDepth: 2 })).toBe('TOO_DEEP')
    expect(await cleaned(rules, { properties: { a: [1, 2, 3, 4] } }, { maxValues: 4 })).toBe('TOO_MANY_VALUES')
    expect(await cleaned(rules, { properties: { a: { b: 1 } } }, { maxDepth: 2, maxValues: 2 })).toMatchObject({
      properties: { a: { b: 1 } },
    })
  })

  it.each([
    ['hashes without a secret', { rules: [{ key: 'x', action: 'hash' }] }],
    ['masks identifiers', { rules: [{ key: 'x', action: 'mask', identifiers: true }] }],
    ['masks identifiers by path', { rules: [{ path: 'identifiers.email', action: 'mask' }] }],
    ['goes nowhere', { rules: [{ path: 'name.first', action: 'remove' }] }],
    ['names a part as a whole', { rules: [{ path: 'traits', action: 'remove' }] }],
    ['detects what nobody knows', { rules: [{ detect: 'mood', action: 'remove' }] }],
    ['has a short secret', { rules: [], secret: 'short' }],
  ])('that %s is refused', (_what, config) => {
    expect(piiConfig.safeParse(config).success).toBe(false)
  })
})

const harmless = fc.string({ unit: fc.constantFrom('x', 'y', 'z', ' ', ',', '中'), maxLength: 12 })
const key = fc.constantFrom('a', 'b', 'list', 'name', '__proto__', 'toString')
const json = fc.letrec<{ value: Json; object: Properties }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(harmless, fc.integer({ min: 0, max: 99_999 }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
})).object
const PERSONAL = ['an@example.com', '+49 89 1234567', '4111 1111 1111 1111', '078-05-1120', 'DE89370400440532013000'] as const
const detectAll = ['email', 'phone', 'card', 'national-id', 'iban'].map((detect) => ({ detect, action: 'mask' }))

/** Every text with something put behind it. */
function planted(value: Json, what: string): Json {
  if (typeof value === 'string') return `${value} ${what} `
  if (Array.isArray(value)) return value.map((inner) => planted(inner, what))
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, planted(inner, what)]))
    : value
}

describe('whatever an event holds', () => {
  const parts = fc.record({ properties: json, traits: json, context: json })

  it('nothing that a detector names survives, and everything else is as it was', async () => {
    await fc.assert(
      fc.asyncProperty(parts, fc.constantFrom(...PERSONAL), async (clean, personal) => {
        const dirty = planted(clean, personal) as typeof clean
        const result = await cleaned(detectAll, dirty)
        expect(result).toEqual({ ...eventWith({}), ...(planted(clean, '***') as typeof clean) })
        expect(JSON.stringify({ ...(result as CustomerEvent), identifiers: [] })).not.toContain(personal)
      }),
    )
  })

  it('nothing under a named key survives, and everything else is as it was', async () => {
    const secretive = fc.tuple(fc.constantFrom('secret_note', 'mySECRET'), json)
    await fc.assert(
      fc.asyncProperty(parts, secretive, async (clean, [name, value]) => {
        const hide = (inner: Json): Json => {
          if (Array.isArray(inner)) return inner.map(hide)
          return typeof inner === 'object' && inner !== null
            ? Object.fromEntries([...Object.entries(inner).map(([at, of]) => [at, hide(of)] as const), [name, { 'found-me': value }]])
            : inner
        }
        const result = await cleaned([{ key: '*secret*', action: 'remove' }], {
          properties: hide(clean.properties) as Properties,
          traits: hide(clean.traits) as Properties,
          context: hide(clean.context) as Properties,
        })
        expect(result).toEqual(eventWith(clean))
        expect(JSON.stringify(result)).not.toContain('found-me')
      }),
    )
  })

  it('is left alone, not copied, where no rule names it', async () => {
    await fc.assert(
      fc.asyncProperty(parts, async (clean) => {
        const { transform } = piiTransformation(piiConfig.parse({ rules: [...detectAll, { key: 'unheard-of', action: 'remove' }] }))
        expect(await transform({ events: [eventWith(clean)] }, asked)).toEqual([{ kind: 'kept' }])
      }),
    )
  })
})
