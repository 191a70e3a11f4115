import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { payloadText } from './payload-text.ts'

describe('the payload of a failed event', () => {
  it('is text as it was and JSON of everything else', () => {
    expect(payloadText('{"a":', 100)).toEqual({ text: '{"a":', isCut: false })
    expect(payloadText({ a: [1, null] }, 100)).toEqual({ text: '{"a":[1,null]}', isCut: false })
    expect(payloadText('wie es kam…', 100)).toEqual({ text: 'wie es kam…', isCut: false })
  })

  it('is cut at its limit, never within a character', () => {
    expect(payloadText('ééé', 5)).toEqual({ text: 'éé…', isCut: true })
    expect(payloadText('ééé', 6)).toEqual({ text: 'ééé', isCut: false })
    expect(Buffer.byteLength(payloadText('x'.repeat(1_000_000), 64_000).text)).toBeLessThan(64_010)
  })

  it('survives what can not be written', () => {
    let deep: unknown = 'bottom'
    for (let level = 0; level < 50_000; level++) deep = { deep }
    expect(payloadText(deep, 100_000)).toEqual({ text: expect.stringContaining('…'), isCut: true })
    expect(payloadText({ big: 1n }, 100)).toEqual({ text: '{"big":"1"}', isCut: false })
    expect(payloadText(undefined, 100)).toEqual({ text: 'undefined', isCut: false })
  })

  it('is well-formed whatever came', () => {
    fc.assert(
      fc.property(fc.anything(), fc.integer({ min: 1, max: 200 }), (value, limit) => {
        expect(payloadText(value, limit).text.isWellFormed()).toBe(true)
      }),
    )
  })
})
