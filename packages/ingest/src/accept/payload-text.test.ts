import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { payloadText } from './payload-text.ts'

describe('the payload of a failed event', () => {
  it('is text as it was and JSON of everything else', () => {
    expect(payloadText('{"a":', 100)).toBe('{"a":')
    expect(payloadText({ a: [1, null] }, 100)).toBe('{"a":[1,null]}')
  })

  it('is cut at its limit, never within a character', () => {
    expect(payloadText('ééé', 5)).toBe('éé…')
    expect(Buffer.byteLength(payloadText('x'.repeat(1_000_000), 64_000))).toBeLessThan(64_010)
  })

  it('survives what can not be written', () => {
    let deep: unknown = 'bottom'
    for (let level = 0; level < 50_000; level++) deep = { deep }
    expect(payloadText(deep, 100_000)).toContain('…')
    expect(payloadText({ big: 1n }, 100)).toBe('{"big":"1"}')
    expect(payloadText(undefined, 100)).toBe('undefined')
  })

  it('is well-formed whatever came', () => {
    fc.assert(
      fc.property(fc.anything(), fc.integer({ min: 1, max: 200 }), (value, limit) => {
        expect(payloadText(value, limit).isWellFormed()).toBe(true)
      }),
    )
  })
})
