import { expect, it } from 'vitest'
import { fewAtOnce } from './few-at-once.ts'

it('runs some at once and the others in their order, also behind one that fails', async () => {
  const few = fewAtOnce(2)
  const begun: number[] = []
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<number>())
  const runs = gates.map((gate, index) =>
    few(() => {
      begun.push(index)
      return gate.promise
    }),
  )
  const outcomes = Promise.allSettled(runs)
  const settle = async (index: number, how: 'resolve' | 'reject') => {
    gates[index]?.[how](index)
    await runs[index]?.catch(() => undefined)
    await Promise.resolve()
  }
  expect(begun).toEqual([0, 1])
  await settle(1, 'reject')
  expect(begun).toEqual([0, 1, 2])
  await settle(0, 'resolve')
  await settle(2, 'resolve')
  expect(begun).toEqual([0, 1, 2, 3, 4])
  await settle(3, 'resolve')
  await settle(4, 'resolve')
  expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  const [first, second, third] = [few(async () => 1), few(async () => 2), few(async () => 3)]
  expect(await Promise.all([first, second, third])).toEqual([1, 2, 3])
})
