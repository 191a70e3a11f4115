import { describe, expect, it } from 'vitest'
import { guardTools } from '../guard-tools.fixture.ts'
import { allOf } from '../suite/pages.ts'
import { sampleLongContext } from '../suite/sample-context.ts'
import type { Matcher, MatchProposal, MatchRecord, MatchRecords } from './contract.ts'
import { guardMatcher } from './guard.ts'

const good: MatchProposal = {
  left: 1,
  right: 2,
  probability: 0.9375,
  weight: Math.log2(15),
  evidence: [{ code: 'NAME_SAME', field: 'name', weight: 7, detail: {} }],
}
const [evidence] = good.evidence

const recordsOf = (...records: readonly MatchRecord[]): MatchRecords => ({
  async *read() {
    yield records
  },
})

interface Evil {
  readonly pages?: readonly unknown[]
  readonly opinion?: unknown
  readonly memoryBytes?: number
  readonly seen?: MatchRecord[]
  readonly fields?: unknown
}

const matcherOf = ({ pages = [], opinion, memoryBytes = 1, seen = [], fields }: Evil): Matcher => ({
  fields: (fields ?? [{ key: 'name', label: { en: 'Name' }, from: { trait: 'name' } }]) as Matcher['fields'],
  training: { every: '1d' },
  async train({ records }, context) {
    seen.push(...(await allOf(records.read(context))))
    return { model: new Uint8Array(), parameters: {} }
  },
  load: async () => ({
    memoryBytes,
    async *propose({ records }, context) {
      seen.push(...(await allOf(records.read(context))))
      for (const page of pages) yield page as readonly MatchProposal[]
    },
    compare({ left, right }) {
      seen.push(left, right)
      return opinion as MatchProposal
    },
  }),
})

const context = sampleLongContext()
const guarded = (evil: Evil) => guardMatcher(matcherOf(evil), guardTools())
const load = (evil: Evil) => guarded(evil).load({ model: new Uint8Array() }, context)

async function propose(
  evil: Evil,
  request: { readonly limit?: number; readonly profiles?: readonly number[]; readonly review?: number } = {},
) {
  const { limit = 10, review = 0.5, ...rest } = request
  const loaded = await load(evil)
  return allOf(loaded.propose({ records: recordsOf(), limits: { review }, limit, ...rest }, context))
}

describe('the guard of matchers', () => {
  it('passes what is right', async () => {
    expect(await propose({ pages: [[good], [], [{ ...good, right: 3, group: 1 }]] })).toHaveLength(2)
    expect(await propose({ pages: [[good]] }, { profiles: [2] })).toEqual([good])
  })

  it('hands over the declared fields alone', async () => {
    const seen: MatchRecord[] = []
    const record = { profile: 1, values: { name: ['An'], health: ['secret'] } }
    const plain = { profile: 1, values: { name: ['An'] } }
    await guarded({ seen }).train({ records: recordsOf(record), seed: 1 }, context)
    const loaded = await load({ seen, opinion: good })
    await allOf(loaded.propose({ records: recordsOf(record), limits: { review: 0.5 }, limit: 1 }, context))
    loaded.compare({ left: record, right: record })
    expect(seen).toEqual([plain, plain, plain, plain])
  })

  it.each<[string, unknown]>([
    ['no list', good],
    ['nobody', [{ ...good, left: 0 }]],
    ['a pair of one person', [{ ...good, right: 1 }]],
    ['a pair the wrong way round', [{ ...good, left: 3 }]],
    ['a probability beyond 1', [{ ...good, probability: 1.2 }]],
    ['a probability that is no number', [{ ...good, probability: Number.NaN }]],
    ['a weight that says otherwise', [{ ...good, weight: 1 }]],
    ['an infinite weight', [{ ...good, probability: 1, weight: Number.POSITIVE_INFINITY }]],
    ['no evidence', [{ ...good, evidence: [] }]],
    ['evidence of a field that it did not declare', [{ ...good, evidence: [{ ...evidence, field: 'health' }] }]],
    ['a group that is not the lowest', [{ ...good, group: 2 }]],
    ['a pair twice', [good, good]],
  ])('refuses a page with %s', async (_what, page) => {
    await expect(propose({ pages: [page] })).rejects.toThrow('violation in propose')
  })

  it('refuses what the owner or the station did not ask for', async () => {
    await expect(propose({ pages: [[good]] }, { review: 0.95 })).rejects.toThrow('below the review limit')
    await expect(propose({ pages: [[good]] }, { profiles: [3] })).rejects.toThrow('nobody asked')
    await expect(propose({ pages: [[good, { ...good, right: 3 }]] }, { limit: 1 })).rejects.toThrow('more than the 1 proposals')
  })

  it('refuses limits that make no sense before anybody is asked', async () => {
    const loaded = await load({ pages: [[good]] })
    const ask = (limits: { review: number; merge?: number }) => loaded.propose({ records: recordsOf(), limits, limit: 1 }, context)
    expect(() => ask({ review: Number.NaN })).toThrow(RangeError)
    expect(() => ask({ review: 0.9, merge: 0.8 })).toThrow('below the review limit')
    expect(() => ask({ review: 0.9, merge: 1.1 })).toThrow(RangeError)
  })

  it('refuses an opinion that is none', async () => {
    const record = { profile: 1, values: {} }
    const loaded = await load({ opinion: { ...good, evidence: 'because' } })
    expect(() => loaded.compare({ left: record, right: record })).toThrow('violation in compare')
  })

  it('refuses a model that holds more than it may, and a matcher that does not say what it reads', async () => {
    await expect(load({ memoryBytes: context.memoryBytes + 1 })).rejects.toThrow('violation in load')
    await expect(load({ fields: [] })).rejects.toThrow('it reads no field')
  })
})
