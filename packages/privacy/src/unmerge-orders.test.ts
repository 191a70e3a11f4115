import type { ConsentPolicy, Receipt } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { afterUnmerge } from './after-unmerge.ts'
import type { SignalReceipt } from './fresh-signals.ts'
import { placeNoes } from './late-no.ts'
import { at } from './ledger.fixture.ts'
import { spoken } from './silence.ts'
import { stricterOnMerge } from './stricter-on-merge.ts'

const PROFILES = [0, 1, 2, 3]

const policies = new Map<string, ConsentPolicy>([
  [
    'policy',
    {
      ...{
        jurisdictions: ['*'],
        purposes: [],
        interpret: () => [],
        decide: () => ({ granted: false, reason: { code: 'NO', detail: {} } }),
      },
      stricter: (left) => left,
    },
  ],
])

type Word = 'granted' | 'denied'
type Act =
  | { readonly does: 'say'; readonly who: number; readonly word: Word }
  | { readonly does: 'merge'; readonly into: number; readonly from: number; readonly isRecordedBefore: boolean }
  | { readonly does: 'unmerge'; readonly who: number }

interface Told extends Receipt {
  readonly recorded: number
}

/** Ledgers of all profiles, the forest of their merges, and what the stations do to them. */
function world() {
  const ledgers = new Map<number, Told[]>(PROFILES.map((profile) => [profile, []]))
  const edges = new Map<number, { readonly winner: number; readonly since: number }>()
  let minute = 0
  let ids = 0
  const newestFirst = (receipts: readonly Told[]) =>
    receipts.toSorted((left, right) => right.at.getTime() - left.at.getTime() || (left.state === 'granted' ? 1 : -1))
  const record = (receipts: readonly SignalReceipt[], recorded = minute): void => {
    for (const { profile, ...receipt } of receipts) ledgers.get(profile)?.push({ ...receipt, id: `r${++ids}`, recorded })
  }
  const heldBy = (profiles: readonly number[]) => newestFirst(profiles.flatMap((profile) => ledgers.get(profile) ?? []))
  const pathOf = (profile: number): readonly { readonly profile: number; readonly since: number }[] => {
    const edge = edges.get(profile)
    return edge === undefined ? [] : [{ profile: edge.winner, since: edge.since }, ...pathOf(edge.winner)]
  }
  const personOf = (profile: number): number => pathOf(profile).at(-1)?.profile ?? profile
  const membersOf = (person: number): readonly number[] => PROFILES.filter((profile) => personOf(profile) === person)
  return {
    personOf,
    membersOf,
    isLoser: (profile: number) => edges.has(profile),
    say(who: number, state: Word) {
      const said = { purpose: 'marketing', basis: 'consent', notice: '1', source: 'form', evidence: {} }
      record([{ ...said, profile: personOf(who), state, at: at(++minute) }])
    },
    /** A no of before, unless what is read was said first since then, or all of the person have said yes since. */
    sayLate(who: number, saidAt: number): boolean {
      const person = personOf(who)
      const held = heldBy(membersOf(person))
      const firstOf = (word: Told | undefined): Told | undefined =>
        word === undefined || word.source === 'form' ? word : firstOf(held.find(({ id }) => id === word.evidence.repeats))
      const joinedLast = Math.max(0, ...[...edges.values()].filter(({ winner }) => winner === person).map(({ since }) => since))
      const words = held.map((receipt) => ({ receipt, isOfAll: receipt.recorded >= joinedLast }))
      const isYesSince = (word: Told | undefined) => word?.source === 'form' && word.state === 'granted' && word.at > at(saidAt)
      const isAnswered = spoken(held).some((word) => isYesSince(word) && word.recorded >= joinedLast)
      if (saidAt > ++minute || isAnswered || isYesSince(firstOf(held[0]))) return false
      const no = {
        purpose: 'marketing',
        state: 'denied',
        basis: 'consent',
        notice: '1',
        source: 'form',
        evidence: {},
        at: at(saidAt),
      } as const
      record([{ ...placeNoes(words)(no), profile: person }])
      return true
    },
    merge(into: number, from: number, isRecordedBefore: boolean) {
      minute++
      const before = [into, from].map((person) => heldBy(membersOf(person)))
      record(stricterOnMerge({ into, before, at: at(minute), policies }), isRecordedBefore ? minute - 0.5 : minute)
      edges.set(from, { winner: into, since: minute })
    },
    unmerge(who: number) {
      minute++
      const [path, person] = [pathOf(who), personOf(who)]
      const all = membersOf(person)
      edges.delete(who)
      const returning = membersOf(who)
      const stay = all.filter((profile) => !returning.includes(profile))
      const sinceOf = (profile: number): number => path.find((one) => one.profile === profile)?.since ?? Number.POSITIVE_INFINITY
      const isUnder = (each: number, one: number): boolean => each === one || pathOf(each).some(({ profile }) => profile === one)
      const underOf = (one: number) =>
        path.some(({ profile }) => profile === one) ? { under: stay.filter((each) => isUnder(each, one)) } : {}
      const parts = stay.map((one) => ({ profile: one, receipts: heldBy([one]), ...underOf(one) }))
      const shared = new Set(
        stay.flatMap((profile) => heldBy([profile]).flatMap(({ id, recorded }) => (recorded >= sinceOf(profile) ? [id] : []))),
      )
      const remaining = { profile: person, receipts: heldBy(stay), parts }
      record(
        afterUnmerge(
          { restored: { profile: who, receipts: heldBy(returning), isMany: returning.length > 1 }, remaining, shared, at: at(minute) },
          policies,
        ),
      )
    },
    isGranted: (profiles: readonly number[]): boolean => heldBy(profiles)[0]?.state === 'granted',
  }
}

/** What each has said as the law has it: a no of a time together is everybody's, a yes of such a time is nobody's once one of them has left. */
function law() {
  const own = new Map<number, Word>()
  const deniedAt = new Map<number, number>()
  let together: { readonly members: readonly number[]; readonly time: number }[] = []
  let time = 0
  return {
    own,
    say(word: Word, members: readonly number[]) {
      time++
      if (members.length > 1 && word === 'granted') together.push({ members, time })
      else
        for (const each of members) {
          own.set(each, word)
          if (word === 'denied') deniedAt.set(each, time)
        }
    },
    leave(returning: readonly number[]) {
      const isWhole = (members: readonly number[]) => new Set(members.map((each) => returning.includes(each))).size === 1
      together = together.filter(({ members }) => isWhole(members))
    },
    /** Whether one of the person has said no, and all that it is a part of have not said yes since. */
    isDenied: (members: readonly number[]): boolean =>
      members.some(
        (each) => own.get(each) === 'denied' && !together.some((yes) => yes.members.includes(each) && yes.time > (deniedAt.get(each) ?? 0)),
      ),
  }
}

/** Both of them, and what is done to both. */
function twoWorlds() {
  const [real, ideal] = [world(), law()]
  const check = (): void => {
    for (const person of new Set(PROFILES.map(real.personOf)))
      if (ideal.isDenied(real.membersOf(person))) expect([person, real.isGranted(real.membersOf(person))]).toEqual([person, false])
  }
  const leave = (one: number): void => {
    if (!real.isLoser(one)) return
    real.unmerge(one)
    ideal.leave(real.membersOf(one))
    check()
  }
  return {
    ...{ real, ideal, check, leave },
    does(each: Act): void {
      if (each.does === 'say') {
        ideal.say(each.word, real.membersOf(real.personOf(each.who)))
        real.say(each.who, each.word)
      } else if (each.does === 'unmerge') leave(each.who)
      else {
        const [into, from] = [real.personOf(each.into), real.personOf(each.from)]
        if (into !== from) real.merge(into, from, each.isRecordedBefore)
      }
      check()
    },
  }
}

const profile = fc.constantFrom(...PROFILES)
const word = fc.constantFrom<Word>('granted', 'denied')
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('say' as const), who: profile, word }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('merge' as const), into: profile, from: profile, isRecordedBefore: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('unmerge' as const), who: profile }) },
)

it('loses no no and gives nobody a yes, whoever joins, speaks and leaves, in whatever order', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 14 }), fc.shuffledSubarray(PROFILES, { minLength: PROFILES.length }), (acts, order) => {
      const { real, ideal, leave, does } = twoWorlds()
      for (const each of acts) does(each)
      for (const one of order) leave(one)
      const isAllYes = acts.every((each) => each.does !== 'say' || each.word === 'granted')
      for (const one of PROFILES) {
        const isGranted = real.isGranted([one])
        if (ideal.own.get(one) !== 'granted') expect([one, isGranted]).toEqual([one, false])
        // Where nobody ever said no there is nothing to be strict about.
        if (isAllYes) expect([one, isGranted]).toEqual([one, ideal.own.get(one) === 'granted'])
      }
    }),
    { numRuns: 10_000 },
  )
})

it('lets a no bind that comes late, of after the last yes of those it is of', () => {
  fc.assert(
    fc.property(
      fc.array(act, { maxLength: 14 }),
      fc.record({ who: profile, saidAt: fc.integer({ min: 0, max: 14 }) }),
      fc.shuffledSubarray(PROFILES, { minLength: PROFILES.length }),
      (acts, { who, saidAt }, order) => {
        const { real, ideal, check, leave, does } = twoWorlds()
        for (const each of acts) does(each)
        const members = real.membersOf(real.personOf(who))
        if (!real.sayLate(who, saidAt + 0.5)) return
        expect(real.isGranted(members)).toBe(false)
        ideal.say('denied', members)
        check()
        for (const one of order) leave(one)
      },
    ),
    { numRuns: 10_000 },
  )
})
