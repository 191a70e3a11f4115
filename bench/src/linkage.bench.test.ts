import { dataSet } from '@tenon/testing'
import { expect, it } from 'vitest'
import { bench } from './linkage.bench.ts'

const { missing } = dataSet({ name: 'identity', suite: 'the bench of linkage' })

it.skipIf(missing !== undefined)('finds people in the first lines of each data set', async () => {
  const results = await bench.run({ smoke: true, args: [], log: () => {} })
  const summary = results.at(-1)
  for (const result of results.slice(0, -1)) {
    if (result.as === 'pairs') expect(summary).toMatchObject({ [`${result.dataset}_f1`]: result.f1 })
    expect(result).toMatchObject({ bench: 'linkage', dataset: expect.any(String), pairs: expect.any(Number) })
    expect(Number(result.precision)).toBeGreaterThan(0.9)
  }
})
