import { type TaggerSubject, taggerConformance } from '@tenon/kernel/conformance'
import { describe, expect, it } from 'vitest'
import { measureConfig } from './config.ts'
import { measureDefinition } from './definition.ts'
import { measureTagger } from './measure-tagger.ts'

const spent = { measure: { event: 'Order Completed', measure: { sum: 'total' }, within: { last: '30d' } } }
const city = { measure: { trait: 'address.city' }, type: 'string' }

const subject = (definition: TaggerSubject['definition']): TaggerSubject => ({
  tagger: measureTagger(measureConfig.parse({})),
  definition,
  badDefinitions: [
    {},
    { measure: 'count' },
    { measure: { trait: 'city' } },
    { ...spent, type: 'string' },
    { ...spent, extra: 1 },
    { ...city, type: 'text' },
  ],
})

describe.each([
  ['an aggregate', subject(spent)],
  ['a trait', subject(city)],
])('the tag contract, by %s', (_, tags) => {
  for (const [name, run] of Object.entries(taggerConformance)) it(name, () => run(tags))
})

describe('definitions', () => {
  const issues = (definition: unknown) => measureDefinition.safeParse(definition).error?.issues.map(({ path, message }) => [path, message])

  it('are refused with each problem at its place', () => {
    expect(issues({ measure: { event: 'A', measure: { sum: 'a..b' } } })).toEqual([
      [['measure', 'measure', 'sum'], expect.stringMatching(/is not a path/)],
    ])
  })

  it('must tell the type that the measure does not, and no other', () => {
    expect(issues({ measure: { event: 'A', measure: { last: 'city' } } })).toEqual([[['type'], expect.stringMatching(/is needed/)]])
    expect(issues({ measure: { event: 'A', measure: 'count' }, type: 'list' })).toEqual([[['type'], expect.stringMatching(/'number'/)]])
  })

  it('give the tag its type', () => {
    const tagger = measureTagger(measureConfig.parse({}))
    const label = { en: 'x' }
    expect(tagger.plan({ key: 'spent', label, definition: spent })).toMatchObject({ how: 'measure', tag: { key: 'spent', type: 'number' } })
    expect(tagger.plan({ key: 'city', label, definition: city })).toMatchObject({ tag: { type: 'string' } })
  })
})
