import { type MatcherSubject, matcherConformance } from '@tenon/kernel/conformance'
import type { Matcher, MatchOpinion, MatchProposal, MatchRecord, MatchRecords, PairMatcher } from '@tenon/kernel/contracts'
import { z } from 'zod'
import type { Faults } from './faults.ts'

const MODEL = z.strictObject({ kind: z.literal('same-mail'), bits: z.number() })
const encode = (bits: number): Uint8Array => new TextEncoder().encode(JSON.stringify({ kind: 'same-mail', bits }))
const decode = (model: Uint8Array): number => MODEL.parse(JSON.parse(new TextDecoder().decode(model))).bits

/** What two people with this many values in common are to each other: nothing known weighs nothing. */
function opinionOf(bits: number, common: number | undefined): MatchOpinion {
  const weight = common === undefined ? -bits : common * bits - bits / 2
  const evidence = [{ code: 'MAIL', field: 'mail', weight: weight + bits / 2, detail: { common: common ?? 0 } }]
  return { probability: 1 / (1 + 2 ** -weight), weight, evidence }
}

const mailsOf = ({ values }: MatchRecord): readonly string[] => values.mail ?? []

function compare(bits: number, left: MatchRecord, right: MatchRecord): MatchOpinion {
  const [ours, theirs] = [mailsOf(left), mailsOf(right)]
  const common = ours.filter((mail) => theirs.includes(mail)).length
  return opinionOf(bits, ours.length === 0 || theirs.length === 0 ? undefined : Math.min(1, common))
}

async function* propose(bits: number, ...[request, context]: Parameters<PairMatcher['propose']>): AsyncGenerator<readonly MatchProposal[]> {
  const { records, limits, limit, profiles } = request
  const [people, asked] = [[] as MatchRecord[], new Set(profiles)]
  for await (const page of records.read(context)) {
    context.signal.throwIfAborted()
    people.push(...page)
  }
  const found = people.flatMap((left, index) =>
    people.slice(index + 1).flatMap((right) => {
      if (profiles !== undefined && !asked.has(left.profile) && !asked.has(right.profile)) return []
      const opinion = compare(bits, left, right)
      return opinion.probability < limits.review ? [] : [{ left: left.profile, right: right.profile, ...opinion }]
    }),
  )
  if (found.length > 0) yield found.sort((a, b) => b.weight - a.weight).slice(0, limit)
}

const pairsOf = (bits: number, memoryBytes: number): PairMatcher => ({
  memoryBytes,
  propose: (request, context) => propose(bits, request, context),
  compare: ({ left, right }) => compare(bits, left, right),
})

/** People who share a mailbox. */
const sameMail: Matcher = {
  fields: [{ key: 'mail', label: { en: 'Mail' }, from: { identifier: 'email' } }],
  training: { every: '1d' },
  async train({ records }, context) {
    let people = 0
    for await (const page of records.read(context)) {
      context.signal.throwIfAborted()
      people += page.length
    }
    return { model: encode(8 + Math.log2(1 + people)), parameters: { people } }
  },
  load: async ({ model }) => pairsOf(decode(model), model.byteLength),
}

const subjectOf = (mutate: (good: Matcher) => Matcher) => (): MatcherSubject => ({ matcher: mutate(sameMail), kinds: { mail: 'email' } })

const pairing = (mutate: (good: PairMatcher) => Partial<PairMatcher>) =>
  subjectOf((good) => ({
    ...good,
    async load(request, context) {
      const loaded = await good.load(request, context)
      return { ...loaded, ...mutate(loaded) }
    },
  }))

const proposing = (mutate: (page: readonly MatchProposal[]) => readonly MatchProposal[]) =>
  pairing((good) => ({
    async *propose(request, context) {
      for await (const page of good.propose(request, context)) yield mutate(page)
    },
  }))

const nosy = ({ read }: MatchRecords): MatchRecords => ({
  async *read(context) {
    for await (const page of read(context)) {
      yield page.map(({ profile, values }) => ({ profile, values: { mail: values.undeclared ?? values.mail ?? [] } }))
    }
  },
})

/** Keeps the bits of whoever was loaded last: the state that the contract forbids. */
function forgetful(): Matcher {
  let last = 0
  return {
    ...sameMail,
    async load({ model }) {
      last = decode(model)
      return { ...pairsOf(last, model.byteLength), propose: (request, context) => propose(last, request, context) }
    },
  }
}

export const matcherFaults: Faults<MatcherSubject> = {
  kind: 'matcher',
  suite: matcherConformance,
  good: subjectOf((good) => good),
  broken: {
    'knows better than the owner': pairing((good) => ({
      propose: (request, context) => good.propose({ ...request, limits: { review: 0 } }, context),
    })),
    'proposes more than was asked for': pairing((good) => ({
      propose: (request, context) => good.propose({ ...request, limit: request.limit + 1 }, context),
    })),
    'proposes each pair both ways': proposing((page) =>
      page.flatMap((proposal) => [proposal, { ...proposal, left: proposal.right, right: proposal.left }]),
    ),
    'proposes pages again': proposing((page) => [...page, ...page]),
    'is always sure': proposing((page) => page.map((proposal) => ({ ...proposal, probability: 1 }))),
    'gives no evidence': proposing((page) => page.map((proposal) => ({ ...proposal, evidence: [] }))),
    'does not say what it reads': subjectOf((good) => ({ ...good, fields: [] })),
    'judges by a field that it does not declare': pairing((good) => ({
      propose: (request, context) => good.propose({ ...request, records: nosy(request.records) }, context),
    })),
    'names groups after whoever it likes': proposing((page) => page.map((proposal) => ({ ...proposal, group: proposal.right }))),
    'proposes people who are alone with their blank': pairing((good) => ({
      compare: good.compare,
      async *propose(request, context) {
        const blank: number[] = []
        for await (const page of request.records.read(context)) {
          blank.push(...page.filter((record) => mailsOf(record).length === 0).map(({ profile }) => profile))
        }
        yield* good.propose(request, context)
        const [left, right] = blank
        if (request.profiles === undefined && left !== undefined && right !== undefined) {
          yield [{ left, right, probability: 0.9375, weight: Math.log2(15), evidence: opinionOf(8, 1).evidence }]
        }
      },
    })),
    'repeats what people said': pairing((good) => ({
      compare: good.compare,
      async *propose(request, context) {
        const mails = new Map<number, string>()
        for await (const page of request.records.read(context)) {
          for (const record of page) mails.set(record.profile, mailsOf(record)[0] ?? '')
        }
        for await (const page of good.propose(request, context)) {
          yield page.map((proposal) => ({
            ...proposal,
            evidence: proposal.evidence.map((part) => ({ ...part, detail: { mail: mails.get(proposal.left) ?? '' } })),
          }))
        }
      },
    })),
    'answers for everybody when asked for some': pairing((good) => ({
      propose: ({ profiles: _profiles, ...request }, context) => good.propose(request, context),
    })),
    'explains a pair otherwise than it proposed it': pairing((good) => ({
      compare: (request) => ({ ...good.compare(request), evidence: [{ code: 'TRUST_ME', field: 'mail', weight: 1, detail: {} }] }),
    })),
    'throws dice while it learns': subjectOf((good) => ({
      ...good,
      train: async () => ({ model: encode(20 + Math.random()), parameters: {} }),
    })),
    'learns by the page': subjectOf((good) => ({
      ...good,
      async train({ records }, context) {
        let pages = 0
        for await (const page of records.read(context)) pages += page.length === 0 ? 0 : 1
        context.signal.throwIfAborted()
        return { model: encode(15 + pages), parameters: {} }
      },
    })),
    'swallows a model of anybody': subjectOf((good) => ({
      ...good,
      load: (request, context) => good.load(request, context).catch(() => pairsOf(20, 0)),
    })),
    'judges one workspace by the model of another': subjectOf(forgetful),
    'works on when nobody waits': subjectOf((good) => ({
      ...good,
      train: (request, context) => good.train(request, { ...context, signal: new AbortController().signal }),
    })),
  },
}
