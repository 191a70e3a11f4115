import { parseJson } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateTime, earliest, json, latest, text } from './tsv.ts'

/** The engine's reading of an escaped cell. */
const unescaped = (cell: string): string =>
  cell.replace(/\\(.)/gs, (_, next: string) => ({ t: '\t', n: '\n', r: '\r', '0': '\0', b: '\b', f: '\f' })[next] ?? next)

const anyString = fc.string({ unit: 'binary' })

describe('text', () => {
  it('never lets a value end its cell or line, and loses nothing', () =>
    fc.assert(
      fc.property(anyString, (value) => {
        const cell = text(value)
        expect(cell).not.toMatch(/[\t\n\r\0]/)
        expect(unescaped(cell)).toBe(value)
      }),
    ))
})

describe('json', () => {
  it('reads back as the same value', () =>
    fc.assert(
      fc.property(fc.dictionary(anyString, fc.jsonValue({ stringUnit: 'binary' })), (value) => {
        expect(parseJson(unescaped(json(value)))).toEqual(parseJson(JSON.stringify(value)))
      }),
    ))

  it('replaces lone surrogates in values and keys, and leaves text alone that only looks like one', () => {
    expect(JSON.parse(unescaped(json({ 'k\ud800': ['a\udfff', '😀'] })))).toEqual({ 'k\ufffd': ['a\ufffd', '😀'] })
    expect(JSON.parse(unescaped(json({ path: '\\ud800' })))).toEqual({ path: '\\ud800' })
  })

  it('writes whole numbers beyond 64 bits with an exponent, and touches no text', () => {
    const value = {
      big: 1e20,
      less: -9.3e18,
      '12345678901234567890': ['"12345678901234567890', 1.5e-7, 0.0000012345678901234],
      exact: 2 ** 53,
    }
    expect(unescaped(json(value))).toBe(
      '{"big":1e+20,"less":-9.3e+18,"12345678901234567890":["\\"12345678901234567890",1.5e-7,0.0000012345678901234],"exact":9007199254740992}',
    )
  })

  it('keeps a key named __proto__ where it replaces', () => {
    const value = JSON.parse('{"__proto__": {"a": "\\ud800"}}')
    expect(unescaped(json(value))).toBe('{"__proto__":{"a":"\ufffd"}}')
  })
})

describe('dateTime', () => {
  it('says what the ISO form says', () =>
    fc.assert(
      fc.property(fc.date({ min: earliest, max: latest, noInvalidDate: true }), (date) => {
        expect(dateTime(date)).toBe(date.toISOString().slice(0, -1).replace('T', ' '))
      }),
    ))

  it('moves instants that the engine can not hold to the nearer end', () => {
    expect(dateTime(new Date(Date.UTC(2026, 1, 3, 4, 5, 6, 7)))).toBe('2026-02-03 04:05:06.007')
    expect(dateTime(new Date(-8.64e15))).toBe('1900-01-01 00:00:00.000')
    expect(dateTime(new Date(8.64e15))).toBe('2299-12-31 23:59:59.999')
  })
})
