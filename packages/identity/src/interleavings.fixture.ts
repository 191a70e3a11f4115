import type { ProfileId } from '@tenon/kernel/contracts'
import type { MergeRecord } from '@tenon/store'
import fc from 'fast-check'
import { canonical } from './canonical.ts'
import { createMatching, type Matching } from './matching/matching.ts'
import { sure, sureMatcher } from './matching/sure-matcher.fixture.ts'
import { OPERATIONS } from './mortal.fixture.ts'
import { identifiersOf, type Process, type World } from './world.fixture.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MATCHER = 'sure'

/** Whom everything is about. */
export const pool = [
  'user_id:u0',
  'user_id:u1',
  'anonymous_id:a0',
  'anonymous_id:a1',
  'anonymous_id:a2',
  'email:e0@x.cn',
  'email:e1@x.cn',
  'phone:+8613800138000',
]

const one = fc.constantFrom(...pool)
const who = fc.shuffledSubarray(pool, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '))
const name = fc.constantFrom('Product Viewed', 'Order Completed')

/** What may happen at any moment, also beside something else. */
export const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ does: fc.constant('event' as const), who, name }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('unmerge' as const), which: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('consent' as const), who: one, yes: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('coupon' as const), who: one }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('join' as const), who, account: fc.constantFrom('acme', 'family') }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('merge' as const, 'unblock' as const), who: one, other: one }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('crash' as const),
      /** Accepted, and not waited for. */
      events: fc.array(who, { minLength: 1, maxLength: 4 }),
      /** Underway as well. */
      unmerge: fc.option(fc.nat(9)),
      /** Null: wherever it happens to be. */
      fault: fc.option(
        fc.record({ operation: fc.constantFrom(...OPERATIONS), when: fc.constantFrom('before' as const, 'after' as const) }),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('reject' as const, 'accept' as const), who: one, other: one }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('match' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('squash' as const), days: fc.constantFrom(16, 31) }) },
)
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** What is said of people is said of those who are one at that moment, and old merges have no events underway: nothing else happens beside. */
const ALONE: ReadonlySet<Action['does']> = new Set(['consent', 'match', 'squash'])

/** What was acknowledged, and must be somebody's for ever. */
export interface Promised {
  readonly events: Map<string, string>
  readonly identifiers: Set<string>
  /** By coupon: to which profile it was given. */
  readonly coupons: Map<string, ProfileId>
  /** By source, in the order in which they were said: by whom, and who was one with them then. */
  readonly words: Map<string, { readonly profile: ProfileId; readonly yes: boolean; readonly family: ReadonlySet<ProfileId> }>
  /** The account that an event joined, by message. */
  readonly accounts: Map<string, string>
  /** Proposals of which somebody said no. */
  readonly rejected: Set<number>
}

export interface Stage {
  readonly world: World
  readonly workspace: string
  readonly processes: [Process, Process]
  readonly matching: Matching
  readonly promised: Promised
}

export async function createStage(world: World): Promise<Stage> {
  const { store, analytics, gate, policy, clock, logger } = world
  const start = () => world.start({ batchEvents: 2 })
  return {
    world,
    workspace: await world.workspace(),
    processes: [await start(), await start()],
    matching: createMatching({ store, analytics, gate, policy, clock, logger, matchers: new Map([[MATCHER, sureMatcher]]) }),
    promised: {
      ...{ events: new Map(), identifiers: new Set(), coupons: new Map(), words: new Map(), accounts: new Map() },
      rejected: new Set(),
    },
  }
}

/** One action in each process, at once where they may be. */
export async function playTurn(stage: Stage, left: Action, right: Action | null): Promise<void> {
  const isAlone = right === null || ALONE.has(left.does) || ALONE.has(right.does)
  if (!isAlone) return void (await Promise.all([play(stage, 0, left), play(stage, 1, right)]))
  await play(stage, 0, left)
  if (right !== null) await play(stage, 1, right)
}

let serial = 0

async function play(stage: Stage, side: 0 | 1, act: Action): Promise<void> {
  const { world, workspace, processes, matching, promised } = stage
  const store = world.store.in(workspace)
  const process = processes[side]
  if (ALONE.has(act.does)) await quiet(stage)
  const found = (word: string) => store.profiles.find(canonical(world.types, identifiersOf(word))[0] ?? { type: '', value: '' })
  const saysIt = () => ({ [`said${++serial}`]: true })
  switch (act.does) {
    case 'event': {
      promised.events.set(await world.send(process, workspace, act.who, { name: act.name, traits: saysIt() }), act.who)
      return
    }
    case 'join': {
      const says = { type: 'group' as const, name: 'group', group: { id: act.account, traits: {} }, traits: saysIt() }
      const message = await world.send(process, workspace, act.who, says)
      promised.events.set(message, act.who)
      promised.accounts.set(message, act.account)
      return
    }
    case 'crash': {
      const dead = act.fault === null ? Promise.resolve() : process.dieAt(act.fault)
      for (const who of act.events) promised.events.set(await world.accept(process, workspace, who, { traits: saysIt() }), who)
      const undoing = act.unmerge === null ? Promise.resolve() : undo(stage, process, act.unmerge)
      await Promise.race([dead, Promise.all([process.ingest.idle(), undoing])])
      await undoing
      processes[side] = await world.replace(process)
      return
    }
    case 'merge':
    case 'unblock': {
      const [left = { type: '', value: '' }, right = left] = canonical(world.types, identifiersOf(`${act.who} ${act.other}`))
      const said = { workspace, identifiers: [left, right] as const, by: 'An', reason: 'she said so' }
      await (act.does === 'merge' ? process.identity.merge(said) : process.identity.unblock(said))
      return
    }
    case 'unmerge':
      return undo(stage, process, act.which)
    case 'consent': {
      const profile = await found(act.who)
      if (profile === undefined) return
      const source = `form-${++serial}`
      const said = { purpose: 'marketing', state: act.yes ? ('granted' as const) : ('withdrawn' as const), basis: 'consent', notice: '1' }
      const { personOf, profiles } = await ledger(stage)
      await world.gate.record(workspace, profile, [{ ...said, source, at: world.clock.now(), evidence: {} }])
      const family = new Set(profiles.filter((each) => personOf(each) === profile))
      promised.words.set(source, { profile, yes: act.yes, family })
      return
    }
    case 'coupon': {
      const profile = await found(act.who)
      if (profile !== undefined) promised.coupons.set(await world.give(workspace, profile), profile)
      return
    }
    case 'accept':
    case 'reject': {
      const [left, right] = [await found(act.who), await found(act.other)]
      if (left === undefined || right === undefined || left === right) return
      await store.matches.propose({ matcher: MATCHER, at: world.clock.now(), matches: [sure(left, right)] })
      const open = await matching.queue({ workspace, state: 'open', limit: 100 })
      const match = open.find((each) => each.left === Math.min(left, right) && each.right === Math.max(left, right))
      if (match === undefined) return
      const decided = await matching.decide({ workspace, match: match.id, decision: act.does, by: 'Bo' })
      if (decided.ok && decided.state === 'rejected') promised.rejected.add(match.id)
      return
    }
    case 'match': {
      const apart = await rejectedPairs(stage)
      await matching.setLimits({ workspace, matcher: MATCHER, limits: { review: 0.9, merge: 0.9 } })
      const [report] = await matching.run({ workspace, everything: true, signal: new AbortController().signal })
      if (report?.outcome !== 'done') throw new Error('the matcher could not be run', { cause: report?.error })
      const joined = (await rejectedPairs(stage)).filter(({ id, isOne }) => isOne && apart.some((pair) => pair.id === id && !pair.isOne))
      if (joined.length > 0) throw new Error(`rejected, and merged all the same: ${JSON.stringify(joined)}`)
      return
    }
    case 'squash': {
      world.clock.advance(act.days * DAY_MS)
      await process.identity.squash({ workspace })
      world.clock.advance(2 * HOUR_MS)
      await process.identity.squash({ workspace })
    }
  }
}

async function undo(stage: Stage, process: Process, which: number): Promise<void> {
  const merges = (await ledger(stage)).merges.filter(({ undone }) => undone === undefined)
  const merge = merges[which % Math.max(1, merges.length)]
  if (merge !== undefined) await process.identity.unmerge({ workspace: stage.workspace, profile: merge.loser, merge: merge.id })
}

async function rejectedPairs({ matching, workspace }: Stage): Promise<readonly { readonly id: number; readonly isOne: boolean }[]> {
  const rejected = await matching.queue({ workspace, state: 'rejected', limit: 100 })
  return rejected.map(({ id, left, right }) => ({ id, isOne: left === right }))
}

/** Nothing waits in a log, and no unmerge waits for anything. */
export async function quiet({ workspace, processes }: Stage): Promise<void> {
  await Promise.all(processes.map(({ ingest }) => ingest.idle()))
  for (let tries = 0; tries < 50; tries++) {
    const open = await Promise.all(processes.map(({ identity }) => identity.settle({ workspace })))
    if (open.every((left) => left === 0)) return
  }
  throw new Error('unmerges never settle')
}

export interface Ledger {
  /** The newest first, also those that were taken back. */
  readonly merges: readonly MergeRecord[]
  readonly profiles: readonly ProfileId[]
  /** By the merges that stand, and by nothing else. */
  personOf(profile: ProfileId): ProfileId
}

export async function ledger({ world, workspace }: Stage): Promise<Ledger> {
  const { profiles, unmerges } = world.store.in(workspace)
  const persons: ProfileId[] = []
  for await (const page of profiles.pages()) persons.push(...page)
  const found = new Map<number, MergeRecord>()
  for (const person of persons) for (const merge of await unmerges.history(person)) found.set(merge.id, merge)
  const merges = [...found.values()].sort((left, right) => right.id - left.id)
  const into = new Map(merges.flatMap(({ loser, winner, undone }) => (undone === undefined ? [[loser, winner] as const] : [])))
  const personOf = (profile: ProfileId): ProfileId => {
    const winner = into.get(profile)
    return winner === undefined ? profile : personOf(winner)
  }
  return { merges, personOf, profiles: [...new Set([...persons, ...merges.flatMap(({ loser, winner }) => [loser, winner])])] }
}
