import { describe, expect, it } from 'vitest'
import { schemaProblems } from './guard-schema.ts'
import type { Schema } from './plan.ts'

const messages = (schema: unknown): string =>
  schemaProblems(schema as Schema)
    .map(({ path, message }) => `${path}: ${message}`)
    .join('\n')

describe('a schema of a stranger', () => {
  it('is taken where it is of the dialect and minds its own business', () => {
    const fine = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      title: 'Order',
      required: ['total'],
      properties: {
        total: { type: 'number', minimum: 0 },
        currency: { enum: ['EUR', 'CNY'] },
        email: { type: 'string', format: 'email' },
        code: { type: 'string', pattern: '^[A-Z]{2,8}$' },
        ids: { type: 'array', items: { type: 'string' }, uniqueItems: true },
        address: { $ref: '#/$defs/address' },
        $ref: { type: 'string' },
      },
      $defs: { address: { type: 'object', properties: { city: { type: 'string' } } } },
    }
    expect(messages(fine)).toBe('')
    expect(messages(true)).toBe('')
  })

  it.each([
    ['another document', { $ref: 'https://evil.example/schema.json' }, 'must stay within'],
    ['a name of its own', { $id: 'https://evil.example/' }, 'can not be used'],
    ['another dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, 'dialect'],
    ['a circle', { $ref: '#/$defs/a', $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } } }, 'leads back'],
    ['a circle through data', { properties: { child: { $ref: '#' } } }, 'leads back'],
    ['a reference to nothing', { $ref: '#/$defs/a' }, 'nothing is at'],
    ['an unknown keyword', { propertees: {} }, 'propertees'],
    ['an unknown format', { type: 'string', format: 'klingon' }, 'klingon'],
    ['a wrong type', { type: 'strnig' }, 'type'],
    ['look-around', { type: 'string', pattern: '(?=a)b' }, 'pattern'],
    ['a reference back', { type: 'string', pattern: '(a)\\1' }, 'pattern'],
    ['a huge pattern', { type: 'string', pattern: '((a{1,99}){1,99}){1,99}' }, 'pattern'],
    ['a long pattern', { type: 'string', pattern: 'a'.repeat(600) }, 'characters'],
    ['a pattern of names', { patternProperties: { '(a)\\1': true } }, 'pattern'],
    ['unique objects', { type: 'array', items: { type: 'object' }, uniqueItems: true }, 'uniqueItems'],
    ['a dynamic reference', { $dynamicRef: '#x' }, 'can not be used'],
  ])('is refused for %s', (_, schema, expected) => {
    expect(messages(schema)).toContain(expected)
  })

  it('is refused where its references multiply, its parts are many, or it is deep', () => {
    const doubled = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [
        `d${index}`,
        { allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
      ]),
    )
    expect(messages({ $ref: '#/$defs/d0', $defs: { ...doubled, d30: { type: 'string' } } })).toContain('multiply')
    expect(messages({ enum: Array.from({ length: 10 }, (_, index) => index) })).toBe('')
    expect(messages({ properties: Object.fromEntries(Array.from({ length: 6_000 }, (_, index) => [`p${index}`, {}])) })).toContain('parts')
    let deep: object = {}
    for (let level = 0; level < 50; level++) deep = { properties: { a: deep } }
    expect(messages(deep)).toContain('levels')
  })
})
