import { expect, it } from 'vitest'
import { bench } from './mutations.bench.ts'

it('answers whatever comes, and accounts for every part of it', { timeout: 120_000 }, async () => {
  const [result] = await bench.run({ smoke: true, args: ['--events=1200'], log: () => {} })
  expect(result).toMatchObject({ status_5xx: 0, unaccounted: 0, unbalanced: 0 })
})
