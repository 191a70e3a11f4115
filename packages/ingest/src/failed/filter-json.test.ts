import type { FailedEventsFilter } from '@tenon/analytics'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { filterJson, filterOf } from './filter-json.ts'

const instant = fc.date({ noInvalidDate: true, min: new Date('1900-01-01T00:00:00Z'), max: new Date('2299-12-31T23:59:59.999Z') })

/** All of its members: one that is new has to be added here. */
const members: { readonly [K in keyof Required<FailedEventsFilter>]: fc.Arbitrary<NonNullable<FailedEventsFilter[K]>> } = {
  state: fc.constantFrom('open', 'replayed', 'duplicate', 'dropped', 'discarded'),
  stage: fc.string(),
  code: fc.string(),
  source: fc.string(),
  event: fc.string(),
  text: fc.string(),
  from: instant,
  until: instant,
}

it('a filter that was written down selects what it selected before', () => {
  fc.assert(
    fc.property(fc.record(members, { requiredKeys: [] }), (filter) => {
      expect(filterOf(JSON.parse(JSON.stringify(filterJson(filter))))).toStrictEqual({ ...filter })
    }),
  )
})
