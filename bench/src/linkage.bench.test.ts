import { expect, it } from 'vitest'
import { bench } from './linkage.bench.ts'

const folder = process.env.TENON_DATASETS

it.runIf(folder !== undefined)('finds people in the first lines of each data set', async () => {
  const results = await bench.run({ smoke: true, args: [], log: () => {} })
  expect(results.length % 2).toBe(0)
  for (const result of results) {
    expect(result).toMatchObject({ bench: 'linkage', dataset: expect.any(String), pairs: expect.any(Number) })
    expect(Number(result.precision)).toBeGreaterThan(0.9)
  }
})
