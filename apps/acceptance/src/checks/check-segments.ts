import type { Preview, Profile } from '../platform/answers.ts'
import { membersOf } from '../platform/pages.ts'
import { type RfmRow, rfmOfEverybody } from '../reference/rfm.ts'
import { type CheckContext, personOf } from './check-context.ts'
import { regularBuyers, regularBuyersOfHalfYearSql, regularBuyersSql, regularBuyersWithin } from './regular-buyers.ts'

const asOf = '2011-12-10 00:00:00'

/** A segment that is stored, one of an instant long ago that is only looked at, and one by tag. */
export async function checkSegments({ api, reference, figures, people }: CheckContext): Promise<void> {
  await api.put('/v1/segments/regular-buyers', { label: { en: 'Regular buyers', zh: '老客户' }, rule: regularBuyers })
  const members = (await membersOf(api, 'regular-buyers')).map(personOf).sort()
  const expected = (await reference.rows<{ person: string }>(regularBuyersSql)).map(({ person }) => person).sort()
  figures.sql('segment of regular buyers: members', members.length, expected.length)
  figures.sql('segment of regular buyers: exactly these', members.join() === expected.join(), true)
  for (const person of [people.best, people.outsider]) {
    const { segments } = await api.get<Profile>(`/v1/profiles/user_id:${person}`)
    figures.sql(
      `segment of regular buyers: has customer ${person}`,
      segments.some(({ key }) => key === 'regular-buyers'),
      expected.includes(person),
    )
  }

  const preview = await api.post<Preview>('/v1/segments/preview', {
    rule: regularBuyersWithin('180d'),
    asOf: `${asOf.replace(' ', 'T')}Z`,
  })
  const then = await reference.rows(regularBuyersOfHalfYearSql, { asOf })
  figures.sql('preview: regular buyers of 180 days, as of 2011-12-10', preview.size, then.length)

  await api.put('/v1/segments/champions', { rule: { tag: 'rfm.tier', eq: 'champion' } })
  const champions = (await membersOf(api, 'champions')).map(personOf).sort()
  const best = (await reference.rows<RfmRow>(rfmOfEverybody)).filter(({ tier }) => tier === 'champion').map(({ person }) => person)
  figures.sql('segment of champions: members', champions.length, best.length)
  figures.sql('segment of champions: exactly these', champions.join() === best.sort().join(), true)
}
