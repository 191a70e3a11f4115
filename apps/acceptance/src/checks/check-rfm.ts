import type { Profile, Tag } from '../platform/answers.ts'
import { membersOf } from '../platform/pages.ts'
import { type RfmRow, rfmOfEverybody } from '../reference/rfm.ts'
import { type CheckContext, personOf } from './check-context.ts'

const parts = ['recency', 'frequency', 'monetary', 'score', 'tier'] as const
const tags = parts.map((part) => `rfm.${part}`)

/** The preset of the plugin for everybody who ever bought: the distributions, and every single person. */
export async function checkRfm({ api, reference, figures, people }: CheckContext): Promise<void> {
  const expected = await reference.rows<RfmRow>(rfmOfEverybody)
  const members = await membersOf(api, 'everybody', tags)
  const found = new Map(members.map((member) => [personOf(member), member.tags ?? {}]))
  const { tags: described } = await api.get<Tag>('/v1/tags/rfm')
  for (const part of ['recency', 'frequency', 'monetary', 'tier'] as const) {
    const distribution = described.find(({ key }) => key === `rfm.${part}`)?.distribution ?? []
    const counts = distribution.map(({ value, people: count }): readonly [string, number] => [String(value), count])
    figures.sql(`RFM: people by ${part}`, sorted(counts), sorted(countBy(expected.map((row) => String(row[part])))))
  }
  const equal = expected.filter((row) => parts.every((part) => found.get(row.person)?.[`rfm.${part}`] === row[part]))
  const tagged = [...found.values()].filter((values) => tags.some((tag) => values[tag] !== undefined))
  figures.sql('RFM: people with tags', tagged.length, expected.length)
  figures.sql('RFM: people of whom all five tags are equal', equal.length, expected.length)
  for (const person of [people.best, people.consenting, people.outsider]) {
    const profile = await api.get<Profile>(`/v1/profiles/user_id:${person}`)
    const row = expected.find((each) => each.person === person)
    const valuesOf = (read: (part: (typeof parts)[number]) => number | string | undefined) => parts.map((part) => read(part) ?? null)
    figures.sql(
      `RFM of customer ${person}`,
      valuesOf((part) => profile.tags[`rfm.${part}`]?.value),
      valuesOf((part) => row?.[part]),
    )
  }
}

const countBy = (values: readonly string[]): readonly (readonly [string, number])[] =>
  [...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length])

const sorted = (counts: readonly (readonly [string, number])[]): Readonly<Record<string, number>> =>
  Object.fromEntries(counts.toSorted(([a], [b]) => (a < b ? -1 : 1)))
