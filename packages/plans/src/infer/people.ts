/** Some of those who said something: the smallest numbers, so that it does not matter who came first. */
export type People = readonly number[]

/** What fewer people say may be about one of them, and is told to nobody. */
const ENOUGH = 5

export const areEnough = (people: People): boolean => people.length >= ENOUGH

export function together(some: People, others: People): People {
  const news = others.filter((one) => !some.includes(one))
  return news.length === 0 ? some : [...some, ...news].toSorted((left, right) => left - right).slice(0, ENOUGH)
}
