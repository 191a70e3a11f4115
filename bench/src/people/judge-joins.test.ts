import { expect, it } from 'vitest'
import { judgeJoins, keyOf } from './judge-joins.ts'
import { type KnownPerson, populationFor } from './known-people.ts'

const person = (index: number, ...ids: string[]): KnownPerson => ({
  index,
  shares: false,
  userId: ids[0],
  identifiers: ids.map((value) => ({ type: 'user_id', value })),
})
const holders = (held: Record<string, number>) =>
  new Map(Object.entries(held).map(([value, who]) => [keyOf({ type: 'user_id', value }), who]))

it('counts people who are one profile, people who are several, and identifiers that nobody holds', () => {
  const people = [person(0, 'a', 'b'), person(1, 'c', 'd'), person(2, 'e')]
  expect(judgeJoins(people, holders({ a: 1, b: 1, c: 2, d: 2, e: 3 }))).toEqual({ wrong: 0, missed: 0 })
  expect(judgeJoins(people, holders({ a: 1, b: 1, c: 1, d: 1, e: 1 }))).toEqual({ wrong: 2, missed: 0 })
  expect(judgeJoins(people, holders({ a: 1, b: 4, c: 2, d: 2, e: 3 }))).toEqual({ wrong: 0, missed: 1 })
  expect(judgeJoins(people, holders({ a: 1, b: 1, c: 2, e: 3 }))).toEqual({ wrong: 0, missed: 1 })
  expect(judgeJoins(people, holders({ a: 1, b: 2, c: 2, d: 2, e: 3 }))).toEqual({ wrong: 1, missed: 1 })
})

it('tells the truth about the customers that it takes', () => {
  const { customers, truths } = populationFor(2_000, { seed: 4, from: new Date('2026-03-01'), to: new Date('2026-09-01') })
  expect(truths).toEqual([...customers.truth()])
  expect(truths.reduce((sum, { messages }) => sum + messages, 0)).toBeGreaterThanOrEqual(2_000)
})
