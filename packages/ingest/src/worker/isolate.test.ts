import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDataFault } from './data-fault.ts'
import { isolate } from './isolate.ts'

const fault = (text: string): Error => Object.assign(new Error(text), { code: '22P02' })

describe('isolating', () => {
  it('finds exactly the culprits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(200), { maxLength: 100 }),
        fc.uniqueArray(fc.nat(200), { maxLength: 10 }),
        async (items, bad) => {
          const culprits = new Set(bad)
          const done: number[] = []
          const found = await isolate(
            items,
            async (part) => {
              const wrong = part.find((item) => culprits.has(item))
              if (wrong !== undefined) throw fault(`no ${wrong}`)
              done.push(...part)
            },
            isDataFault,
          )
          expect([...found.keys()].sort()).toEqual(items.filter((item) => culprits.has(item)).sort())
          expect(done).toEqual(items.filter((item) => !culprits.has(item)))
        },
      ),
    )
  })

  it('blames nobody when a store is away', async () => {
    const away = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    const attempt = async () => {
      throw away
    }
    await expect(isolate([1, 2, 3], attempt, isDataFault)).rejects.toBe(away)
  })
})

describe('a data fault', () => {
  it.each([
    [Object.assign(new Error(), { code: '22021' }), true],
    [Object.assign(new Error(), { code: '23505' }), true],
    [Object.assign(new Error(), { code: '53100' }), false],
    [Object.assign(new Error(), { code: '57P01' }), false],
    [Object.assign(new Error(), { code: 'ECONNRESET' }), false],
    [Object.assign(new Error(), { code: 'TENON_ANALYTICS_FAILED', details: { engineCode: '27' } }), true],
    [Object.assign(new Error(), { code: 'TENON_ANALYTICS_FAILED', details: { engineCode: '243' } }), false],
    [Object.assign(new Error(), { code: 'TENON_STORE_UNAVAILABLE' }), false],
    [new RangeError('a plan names a stranger'), true],
    [undefined, false],
  ])('%j: %s', (error, expected) => {
    expect(isDataFault(error)).toBe(expected)
  })
})
