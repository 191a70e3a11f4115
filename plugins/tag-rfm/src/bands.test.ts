import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bandOf, quantileCuts } from './bands.ts'

const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 200 })

describe('bands', () => {
  it('cuts at nearest ranks', () => {
    expect(quantileCuts(Float64Array.from([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]), 5)).toEqual([20, 40, 60, 80])
    expect(quantileCuts(Float64Array.from([5, 1, 3]), 5)).toEqual([1, 3, 3, 5])
    expect(quantileCuts(new Float64Array(), 5)).toEqual([])
  })

  it('puts a share of at least k/bands of the values into the lowest k bands', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 2, max: 10 }), (values, bands) => {
        const cuts = quantileCuts(Float64Array.from(values), bands)
        for (let k = 1; k <= bands; k++) {
          const below = values.filter((value) => bandOf(value, cuts) <= k).length
          expect(below).toBeGreaterThanOrEqual(Math.ceil((values.length * k) / bands))
        }
      }),
    )
  })

  it('never gives a higher value a lower band, and equal values one band', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 2, max: 10 }), (values, bands) => {
        const cuts = quantileCuts(Float64Array.from(values), bands)
        const sorted = [...values].sort((a, b) => a - b).map((value) => bandOf(value, cuts))
        expect(sorted).toEqual([...sorted].sort((a, b) => a - b))
        expect(Math.max(...sorted)).toBeLessThanOrEqual(bands)
        expect(Math.min(...sorted)).toBe(1)
      }),
    )
  })
})
