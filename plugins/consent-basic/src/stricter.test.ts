import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyReceipt, at, receipt } from './receipt.fixture.ts'
import { stricter } from './stricter.ts'

const key = (value: unknown): string => JSON.stringify(value)

describe('stricter', () => {
  it('prefers no over yes, a yes that ends, a no that lasts', () => {
    const yes = receipt({ id: 'yes' })
    const no = receipt({ id: 'no', state: 'withdrawn', at: at(1) })
    const brief = receipt({ id: 'brief', expiresAt: at(50) })
    const pause = receipt({ id: 'pause', state: 'denied', expiresAt: at(50) })
    expect(stricter(yes, no).id).toBe('no')
    expect(stricter(yes, brief).id).toBe('brief')
    expect(stricter(pause, no).id).toBe('no')
  })

  it('is one of the two, commutative and associative, and never the looser one', () => {
    fc.assert(
      fc.property(anyReceipt, anyReceipt, anyReceipt, (a, b, c) => {
        expect([a, b]).toContain(stricter(a, b))
        expect(key(stricter(a, b))).toBe(key(stricter(b, a)))
        expect(key(stricter(stricter(a, b), c))).toBe(key(stricter(a, stricter(b, c))))
        expect(stricter(a, b).state === 'granted').toBe(a.state === 'granted' && b.state === 'granted')
      }),
      { numRuns: 1_000 },
    )
  })
})
