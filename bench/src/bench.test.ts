import { expect, it } from 'vitest'
import { broken } from './bench.ts'

const zero = ['lost', 'failed']

it('finds what must be zero and is not', () => {
  expect(broken({ zero }, [{ bench: 'a', lost: 0, failed: 0, acked: 7 }, { bench: 'a' }])).toEqual([])
  expect(
    broken({ zero }, [
      { bench: 'a', lost: 0, failed: 3 },
      { bench: 'a', lost: -1 },
      { bench: 'a', lost: Number.NaN },
    ]),
  ).toEqual(['a: lost is -1, not 0', 'a: lost is NaN, not 0', 'a: failed is 3, not 0'])
  expect(broken({ zero }, [{ bench: 'a', failed: 0 }])).toEqual(['no result says how large lost is'])
  expect(broken({}, [{ bench: 'a', lost: 3 }])).toEqual([])
})
