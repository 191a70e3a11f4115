import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { deepFreeze } from '../suite/deep-freeze.ts'
import { HOSTILE_TEXTS } from '../suite/hostile.ts'
import { allOf } from '../suite/pages.ts'
import { areSameBytes, movedBytes } from '../suite/same-bytes.ts'
import { sampleLongContext } from '../suite/sample-context.ts'
import { type SampleFieldKind, samplePeople } from '../suite/sample-people.ts'
import type { Suite } from '../suite/suite.ts'
import { withoutClock } from '../suite/without-clock.ts'
import { matcherProblem, opinionProblem, pairMatcherProblem, proposalProblem, trainedMatcherProblem } from './check.ts'
import type { Matcher, MatchLimits, MatchOpinion, MatchProposal, MatchRecord, MatchRecords, PairMatcher } from './contract.ts'

export interface MatcherSubject {
  readonly matcher: Matcher
  /** What its fields hold, so that the suite can make people up for it. */
  readonly kinds: Readonly<Record<string, SampleFieldKind>>
}

const LIMITS: MatchLimits = deepFreeze({ review: 0.5 })
const LIMIT = 10_000

const recordsOf = (records: readonly MatchRecord[], pageSize = 37): MatchRecords => ({
  async *read({ signal }) {
    for (let start = 0; start < records.length; start += pageSize) {
      signal.throwIfAborted()
      yield records.slice(start, start + pageSize)
    }
  },
})

const peopleFor = ({ kinds }: MatcherSubject, options: Partial<Parameters<typeof samplePeople>[1]> = {}) =>
  samplePeople(kinds, { persons: 120, twice: 40, ...options })

async function train(matcher: Matcher, records: MatchRecords, seed = 1): Promise<Uint8Array> {
  const trained = await matcher.train({ records, seed }, sampleLongContext())
  assert.equal(trainedMatcherProblem(trained), undefined)
  return trained.model
}

async function load(matcher: Matcher, model: Uint8Array): Promise<PairMatcher> {
  const context = sampleLongContext()
  const loaded = await matcher.load({ model }, context)
  assert.equal(pairMatcherProblem(loaded, context.memoryBytes), undefined)
  return loaded
}

const trained = async ({ matcher }: MatcherSubject, records: readonly MatchRecord[]): Promise<PairMatcher> =>
  load(matcher, await train(matcher, recordsOf(records)))

interface Question {
  readonly limits?: MatchLimits
  readonly limit?: number
  readonly profiles?: readonly number[]
}

async function ask(
  { matcher }: MatcherSubject,
  loaded: PairMatcher,
  records: readonly MatchRecord[],
  { limits = LIMITS, limit = LIMIT, profiles }: Question = {},
): Promise<readonly MatchProposal[]> {
  const request = deepFreeze({ limits, limit, ...(profiles === undefined ? {} : { profiles }) })
  const found = await allOf(loaded.propose({ ...request, records: recordsOf(records) }, sampleLongContext()))
  const asked = profiles === undefined ? undefined : new Set(profiles)
  const terms = { fields: fieldsOf(matcher), review: limits.review, asked }
  for (const proposal of found) assert.equal(proposalProblem(terms, proposal), undefined)
  assert.ok(found.length <= limit, 'no more proposals than asked for')
  assert.equal(new Set(found.map(nameOf)).size, found.length, 'no pair comes twice')
  return found
}

const fieldsOf = (matcher: Matcher): ReadonlySet<string> => new Set(matcher.fields.map(({ key }) => key))
const nameOf = ({ left, right }: MatchProposal): string => `${left} ${right}`
const sorted = (proposals: readonly MatchProposal[]) => [...proposals].sort((a, b) => a.left - b.left || a.right - b.right)

function compare(matcher: Matcher, loaded: PairMatcher, left: MatchRecord, right: MatchRecord): MatchOpinion {
  const opinion = withoutClock(() => loaded.compare(deepFreeze({ left, right })))
  assert.equal(opinionProblem(fieldsOf(matcher), opinion), undefined)
  return opinion
}

/** Says that two answers differ, and not how: a difference of thousands of pairs takes a runner's memory to print. */
function assertSame(actual: unknown, expected: unknown): void {
  assert.ok(isDeepStrictEqual(actual, expected), 'two answers that should be the same differ')
}

export const matcherConformance = Object.freeze({
  'declares what it reads, and how old a model may get': async ({ matcher, kinds }) => {
    assert.equal(matcherProblem(matcher), undefined)
    for (const field of Object.keys(kinds)) assert.ok(fieldsOf(matcher).has(field), `'${field}' of the subject is a declared field`)
  },

  'finds people who are plainly one, and few others': async (subject) => {
    const { records, same } = peopleFor(subject, { persons: 300, twice: 100 })
    const found = new Set((await ask(subject, await trained(subject, records), records)).map(nameOf))
    const right = same.filter((pair) => found.has(pair.join(' '))).length
    assert.ok(right >= same.length / 2, `${right} of ${same.length} pairs are found`)
    assert.ok(right >= found.size / 2, `${right} of ${found.size} proposals are right`)
  },

  'obeys the limits of the owner': async (subject) => {
    const { records } = peopleFor(subject)
    const loaded = await trained(subject, records)
    const all = await ask(subject, loaded, records)
    const strict = await ask(subject, loaded, records, { limits: { review: 0.99 } })
    assertSame(new Set(strict.map(nameOf)), new Set(all.filter(({ probability }) => probability >= 0.99).map(nameOf)))
  },

  'keeps the most probable where there are too many': async (subject) => {
    const { records } = peopleFor(subject)
    const loaded = await trained(subject, records)
    const all = await ask(subject, loaded, records)
    assert.ok(all.length > 4, 'there is something to choose from')
    const kept = await ask(subject, loaded, records, { limit: 4 })
    const weights = (list: readonly MatchProposal[]) => list.map(({ weight }) => weight).sort((a, b) => b - a)
    assertSame(weights(kept), weights(all).slice(0, 4))
    assertSame(await ask(subject, loaded, records, { limit: 0 }), [])
  },

  'judges asked people as among everybody': async (subject) => {
    const { records } = peopleFor(subject)
    const loaded = await trained(subject, records)
    const all = await ask(subject, loaded, records)
    const profiles = [1, 2, 3, 121, 130]
    const asked = await ask(subject, loaded, records, { profiles })
    assertSame(
      sorted(asked).map(withoutGroup),
      sorted(all.filter(({ left, right }) => profiles.includes(left) || profiles.includes(right))).map(withoutGroup),
    )
    assertSame(await ask(subject, loaded, records, { profiles: [] }), [])
    assertSame(await ask(subject, loaded, records, { profiles: [999_999] }), [])
  },

  'gives those of one group one name': async (subject) => {
    const { records } = peopleFor(subject)
    const groups = new Map<number, number>()
    for (const { left, right, group } of await ask(subject, await trained(subject, records), records)) {
      for (const profile of group === undefined ? [] : [left, right]) {
        assert.equal(groups.get(profile) ?? group, group, 'nobody is in two groups')
        groups.set(profile, group ?? 0)
      }
    }
    for (const group of groups.values()) assert.equal(groups.get(group), group, 'a group is named after somebody in it')
  },

  'learns the same from the same people and seed, however they come': async ({ matcher, kinds }) => {
    const { records } = peopleFor({ matcher, kinds })
    const model = await train(matcher, recordsOf(records))
    assert.ok(areSameBytes(model, await train(matcher, recordsOf(records))), 'two models differ')
    assert.ok(areSameBytes(model, await train(matcher, recordsOf(records, 11))), 'a model depends on how pages are cut')
  },

  'answers the same twice, and changes nothing it was given': async (subject) => {
    const { records } = peopleFor(subject)
    const loaded = await trained(subject, records)
    assertSame(await ask(subject, loaded, records), await ask(subject, loaded, records))
  },

  'compares two people as it proposed them, whichever comes first': async (subject) => {
    const { records } = peopleFor(subject)
    const loaded = await trained(subject, records)
    const recordOf = (profile: number): MatchRecord => records[profile - 1] ?? { profile, values: {} }
    for (const { left, right, probability, weight, evidence } of (await ask(subject, loaded, records)).slice(0, 20)) {
      const opinion = compare(subject.matcher, loaded, recordOf(left), recordOf(right))
      assertSame({ ...opinion }, { probability, weight, evidence })
      assertSame(compare(subject.matcher, loaded, recordOf(right), recordOf(left)), opinion)
    }
  },

  'has something to say about any two people': async (subject) => {
    const { records } = peopleFor(subject)
    const loaded = await trained(subject, records)
    const nobody: MatchRecord = { profile: 9_999, values: {} }
    for (const record of [...records.slice(0, 10), nobody]) compare(subject.matcher, loaded, record, nobody)
  },

  'proposes nobody of whom nothing is known': async (subject) => {
    const { records } = peopleFor(subject)
    const blank = [2_001, 2_002, 2_003].map((profile): MatchRecord => ({ profile, values: {} }))
    const found = await ask(subject, await trained(subject, [...records, ...blank]), [...records, ...blank])
    for (const { right } of found) assert.ok(right < 2_001, 'two people without any value are not one')
  },

  'survives a workspace with nobody, and with one person': async (subject) => {
    for (const persons of [0, 1, 2]) {
      const { records } = peopleFor(subject, { persons, twice: 0 })
      assertSame(await ask(subject, await trained(subject, records), records), [])
    }
  },

  'takes whatever people call themselves': async (subject) => {
    const { records } = peopleFor(subject)
    const hostile = HOSTILE_TEXTS.map((text, index): MatchRecord => {
      const values = Object.keys(subject.kinds).map((field) => [field, [text, `${text}${index}`]] as const)
      return { profile: 3_001 + index, values: Object.fromEntries(values) }
    })
    const everybody = [...records, ...hostile]
    const loaded = await trained(subject, everybody)
    const known = new Set(everybody.map(({ profile }) => profile))
    for (const { left, right } of await ask(subject, loaded, everybody)) assert.ok(known.has(left) && known.has(right))
    for (const left of hostile) compare(subject.matcher, loaded, left, records[0] ?? left)
  },

  'reads nothing but its fields': async (subject) => {
    const { records } = peopleFor(subject)
    const nosy = records.map((record) => ({ ...record, values: { ...record.values, undeclared: ['the same for all'] } }))
    assertSame(await ask(subject, await trained(subject, nosy), nosy), await ask(subject, await trained(subject, records), records))
  },

  'repeats in its evidence nothing that people said': async (subject) => {
    const { records } = peopleFor(subject)
    const said = new Set(records.flatMap(({ values }) => Object.values(values).flat()))
    for (const { evidence } of await ask(subject, await trained(subject, records), records)) {
      const text = JSON.stringify(evidence).toLowerCase()
      for (const value of said) assert.ok(!text.includes(`"${value.toLowerCase()}"`), 'a value stands in the evidence')
    }
  },

  'reads its model wherever the store keeps it': async (subject) => {
    const { records } = peopleFor(subject)
    const model = await train(subject.matcher, recordsOf(records))
    const [plain, moved] = [await load(subject.matcher, model), await load(subject.matcher, movedBytes(model))]
    assertSame(await ask(subject, moved, records), await ask(subject, plain, records))
  },

  'refuses bytes that it did not write': async (subject) => {
    const model = await train(subject.matcher, recordsOf(peopleFor(subject).records))
    const foreign = [
      new Uint8Array(),
      Uint8Array.of(1, 2, 3),
      new TextEncoder().encode('{"fields":[]}'),
      model.subarray(0, model.length >> 1),
    ]
    for (const bytes of foreign) {
      await assert.rejects(async () => subject.matcher.load({ model: bytes }, sampleLongContext()), 'foreign bytes are refused')
    }
  },

  'keeps the models of two workspaces apart': async (subject) => {
    const [ours, theirs] = [peopleFor(subject), peopleFor(subject, { persons: 200, twice: 150, seed: 2 })]
    const loaded = await trained(subject, ours.records)
    const before = await ask(subject, loaded, ours.records)
    await ask(subject, await trained(subject, theirs.records), theirs.records)
    assertSame(await ask(subject, loaded, ours.records), before)
  },

  'stops when nobody waits any more': async (subject) => {
    const { records } = peopleFor(subject)
    const loaded = await trained(subject, records)
    const aborted = sampleLongContext({ signal: AbortSignal.abort() })
    // The records do not listen to the signal: a matcher that has all it needs must stop as well.
    const deaf: MatchRecords = { read: () => recordsOf(records).read(sampleLongContext()) }
    await assert.rejects(async () => subject.matcher.train({ records: deaf, seed: 1 }, aborted), 'training stops')
    const found = await allOf(loaded.propose({ records: deaf, limits: LIMITS, limit: LIMIT }, aborted)).catch(() => [])
    assert.equal(found.length, 0, 'no proposals after the signal')
  },
} satisfies Suite<MatcherSubject>)

/** A group may reach beyond the asked people; alone they need not know it. */
function withoutGroup({ group: _group, ...rest }: MatchProposal): Omit<MatchProposal, 'group'> {
  return rest
}
