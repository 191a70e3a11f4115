import { parseJson } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import { MAX_JSON_DEPTH, storableJson, storableText } from './storable.ts'
import { isStorableKey } from './storable-key.ts'

const anyText = fc.string({
  unit: fc.oneof(fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }), fc.constantFrom('\0', '\ud800', '\udfff', '\\', '"', 'u0000')),
})
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, anyText, fc.double(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', '')), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
})).value

describe('storable text', () => {
  it('has no NUL and no halves, and leaves everything else as it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const stored = storableText(text)
        expect(stored).toBe(text.toWellFormed().replaceAll('\0', '\ufffd'))
        expect(storableText(stored)).toBe(stored)
        if (isStorableKey(text)) expect(stored).toBe(text)
      }),
    )
  })
})

describe('storable JSON', () => {
  it('is what JSON is, wherever the value is harmless', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'medium' }), (value) => {
        expect(parseJson(storableJson(value))).toEqual(parseJson(JSON.stringify(value)))
      }),
    )
  })

  it('keeps text that only looks like an escape', () => {
    expect(JSON.parse(storableJson({ a: '\\u0000', b: 'x\0' }))).toEqual({ a: '\\u0000', b: 'x\ufffd' })
  })

  it('keeps own properties own, dates as text, and what JSON does not know away', () => {
    const value = JSON.parse('{"__proto__": {"x": "\\u0000"}}')
    expect(storableJson(value)).toBe('{"__proto__":{"x":"\ufffd"}}')
    expect(storableJson({ at: new Date(0), gone: undefined, list: [undefined, Number.NaN], nul: '\0' })).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","list":[null,null],"nul":"\ufffd"}',
    )
    expect(storableJson(undefined)).toBe('null')
  })

  it('cuts off what is nested too deep', () => {
    const deep = (levels: number): unknown => (levels === 0 ? 'end' : [deep(levels - 1)])
    expect(storableJson(deep(MAX_JSON_DEPTH))).toContain('end')
    expect(storableJson(deep(MAX_JSON_DEPTH + 1))).not.toContain('end')
    let abyss: unknown = 'end'
    for (let level = 0; level < 200_000; level++) abyss = { a: abyss }
    expect(storableJson(abyss).length).toBeLessThan(2000)
  })
})

describe('Postgres', () => {
  let test: TestStore
  beforeAll(async () => {
    test = await openTestStore()
  })
  afterAll(() => test.close())

  it('takes whatever passes the one place', async () => {
    const { kv } = test.store.in('hostile')
    await fc.assert(
      fc.asyncProperty(anyJson, async (value) => {
        const expected = parseJson(storableJson(value))
        await kv.set('any', parseJson(JSON.stringify(value) ?? 'null'))
        // jsonb has one zero, and keeps one of two keys that became the same: the last, as JSON.parse does.
        expect(JSON.stringify(sorted(await kv.get('any')))).toBe(JSON.stringify(sorted(expected)))
      }),
      { numRuns: 200 },
    )
  })

  it('takes any text in any column', async () => {
    const { messages } = test.store.in('hostile')
    let key = 0
    await fc.assert(
      fc.asyncProperty(anyText, anyJson, async (text, data) => {
        const [entry] = await messages.enqueue([
          {
            idempotencyKey: `k-${++key}`,
            profile: 1,
            channel: text,
            purpose: text,
            locale: text,
            content: { text, data: parseJson(JSON.stringify(data)) },
          },
        ])
        expect(entry?.message).toMatchObject({ channel: storableText(text), purpose: storableText(text), locale: storableText(text) })
      }),
      { numRuns: 100 },
    )
  })
})

/** Key order and the sign of zero are not content. */
function sorted(value: unknown): unknown {
  if (value === 0) return 0
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, part]) => [key, sorted(part)])
}
