import { describe, expect, it } from 'vitest'
import { seededKinds } from './seeded-kinds.ts'

describe.each(seededKinds)('the suite of $kind', ({ failuresOfGood, faults, cases }) => {
  it('passes a good plugin', async () => {
    expect(await failuresOfGood()).toEqual([])
  })

  it.each(faults)('catches one that $name', async ({ caughtBy }) => {
    const failed = await caughtBy()
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length).toBeLessThan(cases)
  })

  it('has at least three faults seeded', () => {
    expect(faults.length).toBeGreaterThanOrEqual(3)
  })
})
