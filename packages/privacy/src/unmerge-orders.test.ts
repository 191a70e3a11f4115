import type { ConsentPolicy, Receipt } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { afterUnmerge } from './after-unmerge.ts'
import type { SignalReceipt } from './fresh-signals.ts'
import { at } from './ledger.fixture.ts'
import { stricterOnMerge } from './stricter-on-merge.ts'

/** The survivor, and those who join it and leave. */
const SURVIVOR = 0
const LOSERS = [1, 2, 3]

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
  | { readonly does: 'merge' | 'unmerge'; readonly who: number }

/** Ledgers of all profiles, and what the stations do to them. */
function world() {
  const ledgers = new Map<number, (Receipt & { readonly recorded: number })[]>([SURVIVOR, ...LOSERS].map((profile) => [profile, []]))
  const since = new Map<number, number>()
  let minute = 0
  let ids = 0
  const newestFirst = (receipts: readonly (Receipt & { readonly recorded: number })[]) =>
    receipts.toSorted((left, right) => right.at.getTime() - left.at.getTime() || (left.state === 'granted' ? 1 : -1))
  const record = (receipts: readonly SignalReceipt[]): void => {
    for (const { profile, ...receipt } of receipts) ledgers.get(profile)?.push({ ...receipt, id: `r${++ids}`, recorded: minute })
  }
  const heldBy = (profiles: readonly number[]) => newestFirst(profiles.flatMap((profile) => ledgers.get(profile) ?? []))
  const joined = (): readonly number[] => [...since.keys()]
  return {
    joined,
    isJoined: (who: number) => since.has(who),
    say(who: number, state: Word) {
      const profile = since.has(who) ? SURVIVOR : who
      const said = { purpose: 'marketing', basis: 'consent', notice: '1', source: 'form', evidence: {} }
      record([{ ...said, profile, state, at: at(++minute) }])
    },
    merge(who: number) {
      minute++
      const before = [heldBy([SURVIVOR, ...joined()]), heldBy([who])]
      record(stricterOnMerge({ into: SURVIVOR, before, at: at(minute), policies }))
      since.set(who, minute)
    },
    unmerge(who: number) {
      minute++
      const joinedAt = since.get(who) ?? 0
      since.delete(who)
      const stay = [SURVIVOR, ...joined()]
      const parts = stay.map((profile) => ({ profile, receipts: heldBy([profile]), wasBoth: profile === SURVIVOR }))
      const shared = new Set(heldBy([SURVIVOR]).flatMap(({ id, recorded }) => (recorded >= joinedAt ? [id] : [])))
      const remaining = { profile: SURVIVOR, receipts: heldBy(stay), parts }
      record(afterUnmerge({ restored: { profile: who, receipts: heldBy([who]) }, remaining, shared, at: at(minute) }, policies))
    },
    isGranted: (profiles: readonly number[]): boolean => heldBy(profiles)[0]?.state === 'granted',
  }
}

/** What each has said itself as the law has it: a no of a time together is everybody's, a yes of such a time is nobody's. */
function law() {
  const own = new Map<number, Word>()
  const together = new Map<number, Word>()
  let ofSurvivor: Word | undefined
  /** Whether somebody of the person has said no, and nobody has said yes for all since. */
  const isDenied = (joined: readonly number[]): boolean =>
    [SURVIVOR, ...joined].some((each) => {
      const since = each === SURVIVOR ? ofSurvivor : together.get(each)
      return since === 'denied' || (since === undefined && own.get(each) === 'denied')
    })
  return {
    own,
    isDenied,
    say(who: number, word: Word, joined: readonly number[]) {
      if (who !== SURVIVOR && !joined.includes(who)) own.set(who, word)
      else if (joined.length === 0) own.set(SURVIVOR, word)
      else {
        ofSurvivor = word
        for (const each of joined) together.set(each, word)
      }
    },
    unmerge(who: number, joined: readonly number[]) {
      if (together.get(who) === 'denied') own.set(who, 'denied')
      together.delete(who)
      if (joined.length > 0) return
      if (ofSurvivor === 'denied') own.set(SURVIVOR, 'denied')
      ofSurvivor = undefined
    },
  }
}

const who = fc.constantFrom(...LOSERS)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('say' as const),
      who: fc.constantFrom(SURVIVOR, ...LOSERS),
      word: fc.constantFrom<Word>('granted', 'denied'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('merge' as const), who }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('unmerge' as const), who }) },
)

it('loses no no and gives nobody a yes, whoever joins, speaks and leaves, in whatever order', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 14 }), fc.shuffledSubarray(LOSERS, { minLength: LOSERS.length }), (acts, order) => {
      const [real, ideal] = [world(), law()]
      const leave = (one: number): void => {
        if (!real.isJoined(one)) return
        real.unmerge(one)
        ideal.unmerge(one, real.joined())
      }
      for (const each of acts) {
        if (each.does === 'say') {
          ideal.say(each.who, each.word, real.joined())
          real.say(each.who, each.word)
        } else if (each.does === 'unmerge') leave(each.who)
        else if (!real.isJoined(each.who)) real.merge(each.who)
        if (ideal.isDenied(real.joined())) expect(real.isGranted([SURVIVOR, ...real.joined()])).toBe(false)
      }
      for (const one of order) leave(one)
      const isAllYes = acts.every((each) => each.does !== 'say' || each.word === 'granted')
      for (const profile of [SURVIVOR, ...LOSERS]) {
        const isGranted = real.isGranted([profile])
        if (ideal.own.get(profile) !== 'granted') expect([profile, isGranted]).toEqual([profile, false])
        // Where nobody ever said no there is nothing to be strict about.
        if (isAllYes) expect([profile, isGranted]).toEqual([profile, ideal.own.get(profile) === 'granted'])
      }
    }),
    { numRuns: 10_000 },
  )
})
