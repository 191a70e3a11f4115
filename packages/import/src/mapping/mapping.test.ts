import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileMapping, type Mapped } from './compile-mapping.ts'
import { mappingSchema } from './mapping.ts'
import { rowId } from './message-id.ts'
import { dateReader } from './read-date.ts'
import type { Row } from './row.ts'
import { parseTemplate } from './template.ts'

const startedAt = new Date('2026-03-01T12:00:00Z')

function map(mapping: unknown, row: Row, key = 'orders'): Mapped {
  const compiled = compileMapping(mappingSchema.parse(mapping), { key, startedAt })
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems))
  return compiled.mapping.map({ ok: true, row })
}
const draftOf = (mapping: unknown, row: Row) => {
  const mapped = map(mapping, row)
  if (!mapped.ok) throw new Error(mapped.refused.message)
  return mapped.draft
}
const codeOf = (mapping: unknown, row: Row) => {
  const mapped = map(mapping, row)
  return mapped.ok ? undefined : mapped.refused.code
}
const cellOf = (value: unknown, row: Row) => draftOf({ name: 'x', properties: { v: value } }, row).properties.v

describe('a mapping', () => {
  it('makes an event of a row', () => {
    const mapping = {
      type: { column: 'kind', map: { order: 'track', person: 'identify' } },
      name: { template: 'Order {state}' },
      identifiers: { user_id: 'customer', email: { column: 'mail', case: 'lower' }, phone: 'phones' },
      traits: { city: 'address.city' },
      properties: { total: { column: 'total', as: 'number', decimal: ',' }, currency: { value: 'EUR' } },
      context: { locale: { column: 'lang', default: 'de' } },
      group: { id: 'firm', traits: { size: { column: 'staff', as: 'integer' } } },
      timestamp: { column: 'at', format: 'dd.MM.yyyy HH:mm', zone: 'Europe/Berlin' },
      rest: 'properties',
    }
    const row = {
      ...{
        kind: 'order',
        state: 'paid',
        customer: 17,
        mail: ' An@X.DE ',
        phones: ['+491', '+492'],
        address: { city: 'Köln' },
        total: '1.234,50',
      },
      ...{ lang: '', firm: 'f1', staff: '12', at: '01.07.2025 10:30', note: 'hi', nothing: '' },
    }
    expect(draftOf(mapping, row)).toMatchObject({
      type: 'track',
      name: 'Order paid',
      identifiers: [
        { type: 'user_id', value: '17' },
        { type: 'email', value: 'an@x.de' },
        { type: 'phone', value: '+491' },
        { type: 'phone', value: '+492' },
      ],
      traits: { city: 'Köln' },
      properties: { total: 1234.5, currency: 'EUR', note: 'hi' },
      context: { locale: 'de' },
      group: { id: 'f1', traits: { size: 12 } },
      timestamp: new Date('2025-07-01T08:30:00Z'),
    })
    expect(draftOf(mapping, row).properties).not.toHaveProperty('nothing')
  })

  it('takes the start of the import where it says nothing of time', () => {
    expect(draftOf({ type: 'identify' }, { a: 1 })).toMatchObject({ type: 'identify', name: 'identify', timestamp: startedAt })
  })

  it.each([
    [{}, {}, 'INVALID_EVENT_NAME'],
    [{ type: { column: 't' } }, { t: 'sell' }, 'UNKNOWN_TYPE'],
    [{ name: 'x', timestamp: 'at' }, { at: '' }, 'INVALID_TIMESTAMP'],
    [{ name: 'x', timestamp: 'at' }, { at: '31.12.2025' }, 'INVALID_TIMESTAMP'],
    [{ name: 'x', properties: { n: { column: 'n', as: 'integer' } } }, { n: '9007199254740993' }, 'INVALID_VALUE'],
    [{ name: 'x', identifiers: { user_id: { column: 'u', required: true } } }, { u: '' }, 'INVALID_IDENTIFIER'],
    [{ name: 'x', messageId: { columns: ['id'] } }, { id: '' }, 'NO_MESSAGE_ID'],
  ])('refuses what it can not make an event of: %j', (mapping, row, code) => {
    expect(codeOf(mapping, row as Row)).toBe(code)
  })

  it('is data: names of columns are nothing but names', () => {
    expect(cellOf('constructor', { a: 1 })).toBeUndefined()
    expect(cellOf('__proto__', JSON.parse('{"__proto__": "x"}'))).toBe('x')
    expect(cellOf({ column: 'c', map: {} }, { c: 'toString' })).toBe('toString')
  })
})

describe('conversions', () => {
  it.each([
    [{ column: 'c', as: 'number' }, '1,234.5', 1234.5],
    [{ column: 'c', as: 'number', decimal: ',' }, '-1.234,5', -1234.5],
    [{ column: 'c', as: 'number' }, '1e3', 1000],
    [{ column: 'c', as: 'boolean' }, 'Yes', true],
    [{ column: 'c', as: 'boolean' }, 0, false],
    [{ column: 'c', as: 'json' }, '{"a":[1]}', { a: [1] }],
    [{ column: 'c', as: 'list', separator: ';' }, 'a; b;;c', ['a', 'b', 'c']],
    [{ column: 'c', as: 'string' }, 17850, '17850'],
    [{ column: 'c', as: 'date', format: 'M/d/yyyy H:mm', zone: 'America/New_York' }, '7/4/2025 9:05', '2025-07-04T13:05:00.000Z'],
    [{ column: 'c', as: 'date', format: 'seconds' }, 1735689600, '2025-01-01T00:00:00.000Z'],
    [{ column: 'c', empty: ['NULL'], default: 5 }, 'NULL', 5],
    [{ column: 'c', trim: false }, ' a ', ' a '],
  ])('%j of %j', (spec, cell, value) => {
    expect(cellOf(spec, { c: cell })).toEqual(value)
  })

  it.each([
    [{ as: 'number' }, '12 apples'],
    [{ as: 'number' }, 'Infinity'],
    [{ as: 'number' }, '0x10'],
    [{ as: 'boolean' }, 'maybe'],
    [{ as: 'json' }, '{'],
    [{ as: 'date' }, '2025-02-30'],
  ])('%j refuses %j', (spec, cell) => {
    expect(codeOf({ name: 'x', properties: { v: { column: 'c', ...spec } } }, { c: cell })).toBe('INVALID_VALUE')
  })
})

describe('dates', () => {
  const read = (format: string, zone: string, text: string) => {
    const reader = dateReader(format, zone)
    return typeof reader === 'function' ? reader(text)?.toISOString() : reader
  }

  it('know the hours that are left out and those that come twice', () => {
    expect(read('yyyy-MM-dd HH:mm', 'Europe/Berlin', '2025-03-30 02:30')).toBe('2025-03-30T01:30:00.000Z')
    expect(read('yyyy-MM-dd HH:mm', 'Europe/Berlin', '2025-10-26 02:30')).toBe('2025-10-26T00:30:00.000Z')
  })

  it('keep a zone of their own', () => {
    expect(read('iso', 'Asia/Shanghai', '2025-01-01T00:00:00+01:00')).toBe('2024-12-31T23:00:00.000Z')
    expect(read('iso', 'Asia/Shanghai', '2025-01-01 00:00:00')).toBe('2024-12-31T16:00:00.000Z')
    expect(read('iso', 'Europe/Berlin', '2025-10-26T02:30:00+01:00')).toBe('2025-10-26T01:30:00.000Z')
    expect(read('iso', '+08:00', '2025-01-01')).toBe('2024-12-31T16:00:00.000Z')
  })

  it('say what can not be a format or a zone', () => {
    expect(read('iso', 'Mars/North', '')).toHaveProperty('problem')
    expect(read('!!', 'UTC', '')).toHaveProperty('problem')
  })
})

describe('message ids', () => {
  const row = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxKeys: 6 })

  it('are those of the content: in any order of columns, and with more that are empty', () => {
    fc.assert(
      fc.property(row, (cells) => {
        const turned = Object.fromEntries(Object.entries(cells).reverse())
        expect(rowId('k', { ...turned, 'more and empty': '' })).toBe(rowId('k', cells))
        expect(rowId('other', cells)).not.toBe(rowId('k', cells))
      }),
    )
  })

  it('tell contents apart, also where they look alike', () => {
    expect(rowId('k', { a: 'b,c' })).not.toBe(rowId('k', { 'a,b': 'c' }))
    expect(rowId('k', { a: '1', b: '' })).not.toBe(rowId('k', { a: '', b: '1' }))
  })

  it('of key columns do not look at the rest', () => {
    const mapping = { name: 'x', messageId: { columns: ['id'] } }
    expect(draftOf(mapping, { id: 1, a: 2 }).messageId).toBe(draftOf(mapping, { id: '1', a: 3 }).messageId)
    expect(draftOf({ name: 'x', messageId: { template: 'o-{id}' } }, { id: 7 }).messageId).toBe('o-7')
  })
})

describe('templates', () => {
  it('fill places, and are empty where one of them is', () => {
    const template = parseTemplate('{{{a}}} and {b c}')
    if ('problem' in template) throw new Error(template.problem)
    expect(template.columns).toEqual(['a', 'b c'])
    expect(template.fill((name) => name.toUpperCase())).toBe('{A} and B C')
    expect(template.fill((name) => (name === 'a' ? 'x' : undefined))).toBeUndefined()
  })

  it.each(['{a', 'a}', '{}', '{a{b}}'])('say that %j is none', (text) => {
    expect(parseTemplate(text)).toHaveProperty('problem')
  })
})
