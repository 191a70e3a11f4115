import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divide } from './divide.ts'
import { limited } from './limited.ts'

describe('divide', () => {
  it('does all that can be done, once, and names the rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer(), { maxLength: 20 }), fc.func(fc.boolean()), async (items, isBad) => {
        const refused: number[] = []
        const done = await divide(items, {
          run: async (some) => {
            if (some.some((item) => isBad(item))) throw new Error('bad')
            return some
          },
          isFatal: () => false,
          refused: (item) => void refused.push(item),
        })
        expect(done.flat()).toEqual(items.filter((item) => !isBad(item)))
        expect(refused).toEqual(items.filter((item) => isBad(item)))
      }),
    )
  })

  it('tries once where all is well, and stops at what is no fault of an item', async () => {
    let tries = 0
    const work = (fatal: boolean) => ({
      run: async () => {
        tries++
        if (fatal) throw new Error('away')
        return 'done'
      },
      isFatal: () => true,
      refused: () => {},
    })
    expect(await divide([1, 2, 3], work(false))).toEqual(['done'])
    await expect(divide([1, 2, 3], work(true))).rejects.toThrow('away')
    expect(tries).toBe(2)
    expect(await divide([], work(true))).toEqual([])
  })
})

describe('limited', () => {
  const forever = () => new Promise<never>(() => {})
  it('leaves work that does not listen, at its limit or with the signal', async () => {
    const { signal } = new AbortController()
    await expect(limited({ what: 'it', limitMs: 5, signal, run: forever })).rejects.toThrow('it took longer than 5 ms')
    const gone = new AbortController()
    const waiting = limited({ what: 'it', limitMs: 60_000, signal: gone.signal, run: forever })
    gone.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await expect(limited({ what: 'it', limitMs: 60_000, signal: gone.signal, run: async () => 1 })).rejects.toThrow('gone')
    expect(await limited({ what: 'it', limitMs: 60_000, signal, run: async () => 1 })).toBe(1)
  })
})
