import type { MatchEvidence, Matcher, ProfileId } from '@tenon/kernel/contracts'

const evidence: readonly MatchEvidence[] = [{ code: 'SAID', field: 'email', weight: 9, detail: {} }]
const opinion = { probability: 0.99, weight: 9, evidence }

const FEW = 4

/** What it says of any two people, for a proposal. */
export const sure = (left: ProfileId, right: ProfileId) => ({ left, right, ...opinion })

/** Takes the oldest few for one, and all whom it is asked about: what keeps them apart is what somebody said. */
export const sureMatcher: Matcher = Object.freeze<Matcher>({
  fields: [{ key: 'email', label: { en: 'E-mail' }, from: { identifier: 'email' } }],
  training: { every: '1d' },
  train: async () => ({ model: new Uint8Array([1]), parameters: {} }),
  load: async () => ({
    memoryBytes: 1,
    compare: () => opinion,
    async *propose({ records }, context) {
      const people: ProfileId[] = []
      for await (const page of records.read(context)) people.push(...page.map(({ profile }) => profile))
      const few = people.toSorted((left, right) => left - right).slice(0, FEW)
      yield few.flatMap((left, index) => few.slice(index + 1).map((right) => sure(left, right)))
    },
  }),
})
