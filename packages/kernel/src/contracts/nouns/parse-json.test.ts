import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './parse-json.ts'

/** Keys of which one looks like the beginning of the text of another. */
const key = fc.oneof(
  fc.constantFrom('\\', '"', '\n', '\\n', '\\\\', '\\"', 'a\\', 'a"', '中文', '\\u4e', '__proto__', '', '1', 'constructor', 'toString'),
  fc.string({ unit: fc.constantFrom('\\', '"', 'a', '\n', ':', ' ', '{', '中'), maxLength: 6 }),
)
const value = fc.letrec<{ any: unknown; object: unknown }>((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, fc.constantFrom(null, true, -1.5, 'a":', '\\', '":', '中\n'), fc.array(tie('any')), tie('object')),
  object: fc.dictionary(key, tie('any'), { maxKeys: 6, noNullPrototype: true }),
}))

/** As a client that escapes what it need not: PHP and Python write keys of other scripts like this. */
const ascii = (text: string): string =>
  text.replaceAll(/[^\n\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Told apart by what they say and not by how the engine holds them. */
const entriesOf = (json: unknown): unknown =>
  Array.isArray(json)
    ? json.map(entriesOf)
    : typeof json === 'object' && json !== null
      ? { entries: Object.entries(json).map(([name, member]) => [name, entriesOf(member)]) }
      : json

describe('parseJson', () => {
  it('reads every key as it was written, whatever was read before', () => {
    fc.assert(
      fc.property(fc.array(value.any, { maxLength: 8 }), fc.constantFrom(0, 2), (values, indent) => {
        for (const one of values) {
          const text = JSON.stringify(one, undefined, indent)
          expect(entriesOf(parseJson(text))).toEqual(entriesOf(one))
          expect(entriesOf(parseJson(ascii(text)))).toEqual(entriesOf(one))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('keeps the key of one client apart from the key of another', () => {
    parseJson('{"tenant":1,"\\\\":2}')
    expect(Object.keys(Object(parseJson('{"tenant":1,"\\n":2}')))).toEqual(['tenant', '\n'])
    parseJson('{"tenant":1,"\\\\u4e":2}')
    expect(Object.keys(Object(parseJson('{"tenant":1,"\\u4e2d\\u6587\\u4e2d\\u6587":2}')))).toEqual(['tenant', '中文中文'])
  })

  it('lets the last of equal keys win in the place of the first, however each is written', () => {
    const read = parseJson('{"\\u00e9":1,"x":2,"é":3,"\\u00e9":4}')
    expect(Object.entries(Object(read))).toEqual([
      ['é', 4],
      ['x', 2],
    ])
  })

  it('refuses what is no JSON as the language does', () => {
    const texts = ['', '{', '{"\\n":1', '{"\\x":1}', '"\\', '\\', '{"a\\":1}', '[1,]', '{"\\n":1}x', '{"\\n" 1}', '{"\\n":01}']
    for (const text of texts) expect(() => parseJson(text), text).toThrow(SyntaxError)
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\\', '"', ':', '{', '}', '[', ']', ',', 'n', '1', ' '), maxLength: 12 }), (text) => {
        const valid = isValid(text)
        if (valid) expect(() => parseJson(text)).not.toThrow()
        else expect(() => parseJson(text)).toThrow(SyntaxError)
      }),
      { numRuns: 2000 },
    )
  })

  it('reads what is nested deeply', () => {
    const depth = 20_000
    const text = `${'{"\\n":'.repeat(depth)}1${'}'.repeat(depth)}`
    expect(parseJson(text)).toBeTypeOf('object')
  })
})

function isValid(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
