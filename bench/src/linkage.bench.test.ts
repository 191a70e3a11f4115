import { dataSet } from '@tenon/testing'
import { expect, it } from 'vitest'
import { bench } from './linkage.bench.ts'

const { missing } = dataSet({ name: 'identity', suite: 'the bench of linkage' })
const run = (smoke: boolean) => bench.run({ smoke, args: [], log: () => {} })
const least = (limit: number): unknown => expect.toSatisfy((share: number) => share >= limit)

it.skipIf(missing !== undefined)('finds people in the first lines of each data set', async () => {
  const results = await run(true)
  const summary = results.at(-1)
  for (const result of results.slice(0, -1)) {
    if (result.as === 'pairs') expect(summary).toMatchObject({ [`${result.dataset}_f1`]: result.f1 })
    expect(result).toMatchObject({ bench: 'linkage', dataset: expect.any(String), pairs: expect.any(Number), precision: least(0.9) })
  }
})

it.skipIf(missing !== undefined)(
  'reaches what it is meant to: on febrl an F1 of .99, on fake_1000 a precision of .99 at a recall of .75',
  async () => {
    const results = (await run(false)).slice(0, -1)
    expect(results.length).toBeGreaterThan(0)
    for (const result of results) {
      if (result.dataset !== 'fake_1000') expect(result).toMatchObject({ precision: least(0.99), recall: least(0.99), f1: least(0.99) })
      else if (result.as === 'pairs') expect(result).toMatchObject({ precision: least(0.99), precision_at_recall_75: least(0.99) })
      else expect(result).toMatchObject({ precision: least(0.99), recall: least(0.75) })
    }
  },
  120_000,
)
