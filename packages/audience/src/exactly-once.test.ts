import type { Analytics } from '@tenon/analytics'
import type { ProfileId } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DAY, defineRule, ordersAtLeast, world } from './audience.fixture.ts'
import type { Audience } from './audience.ts'

const test = world()
const PEOPLE = 4
const person = fc.integer({ min: 0, max: PEOPLE - 1 })

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('order' as const), who: person, ageDays: fc.integer({ min: 0, max: 14 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('some' as const), who: fc.uniqueArray(person, { minLength: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('all' as const), portion: fc.integer({ min: 2, max: PEOPLE }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), when: fc.constantFrom('before' as const, 'after' as const) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'race' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('merge' as const), into: person, from: person }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      who: person,
      state: fc.constantFrom('granted' as const, 'withdrawn' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 6 }) }) },
)

interface Mark {
  readonly turn: number
  readonly isIn: boolean
}

/** What everybody should be told, worked out in the slowest way there is. */
class Model {
  readonly told: string[] = []
  readonly #orders: { readonly who: number; readonly at: number }[] = []
  readonly #said: { readonly who: number; readonly at: number; readonly granted: boolean }[] = []
  readonly #into = new Map<number, number>()
  readonly #marks = new Map<string, Mark>()
  #turn = 0

  personOf(who: number): number {
    const into = this.#into.get(who)
    return into === undefined ? who : this.personOf(into)
  }

  order(who: number, at: number): void {
    this.#orders.push({ who, at })
  }

  say(who: number, at: number, granted: boolean): void {
    this.#said.push({ who, at, granted })
  }

  merge(into: number, from: number): void {
    const [winner, loser] = [this.personOf(into), this.personOf(from)]
    if (winner === loser) return
    this.#into.set(loser, winner)
    for (const segment of ['recent', 'loyal']) {
      const marks = [winner, loser].flatMap((who) => this.#marks.get(`${segment} ${who}`) ?? [])
      const last = marks.sort((left, right) => left.turn - right.turn || Number(left.isIn) - Number(right.isIn)).at(-1)
      if (last !== undefined) this.#marks.set(`${segment} ${winner}`, last)
    }
  }

  evaluate(who: Iterable<number>, now: number): void {
    this.#turn++
    for (const one of new Set([...who].map((each) => this.personOf(each)))) {
      const isRecent = this.#isRecent(one, now)
      this.#tell('recent', one, isRecent)
      this.#tell('loyal', one, isRecent && this.#ordersOf(one, now).length >= 2)
    }
  }

  #tell(segment: string, who: number, isIn: boolean): void {
    if ((this.#marks.get(`${segment} ${who}`)?.isIn ?? false) === isIn) return
    this.#marks.set(`${segment} ${who}`, { turn: this.#turn, isIn })
    this.told.push(`${isIn ? '+' : '-'}${segment} ${who}`)
  }

  #isRecent(who: number, now: number): boolean {
    const said = this.#said.filter((each) => this.personOf(each.who) === who).at(-1)
    return said?.granted !== false && this.#ordersOf(who, now).some(({ at }) => at > now - 10 * DAY)
  }

  #ordersOf(who: number, now: number) {
    return this.#orders.filter((order) => this.personOf(order.who) === who && order.at <= now)
  }
}

/** Analytics of which the next recording of transitions breaks, before or after it is done. */
function breaking(analytics: Analytics, when: () => 'before' | 'after' | undefined): Analytics {
  return {
    ...analytics,
    in(workspace) {
      const reads = analytics.in(workspace)
      const record: typeof reads.transitions.record = async (...request) => {
        const broken = when()
        if (broken === 'before') throw new Error('cut off before')
        await reads.transitions.record(...request)
        if (broken === 'after') throw new Error('cut off after')
      }
      return { ...reads, transitions: { ...reads.transitions, record } }
    },
  }
}

it('tells every transition once, whatever happens in whatever order', { timeout: 120_000 }, async () => {
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 10 }), async (acts) => {
      const workspace = await test.workspace()
      const people = await test.people(workspace, PEOPLE)
      const idOf = (who: number): ProfileId => people[who] ?? 0
      const everybody = people.map((_, who) => who)
      const model = new Model()
      let broken: 'before' | 'after' | undefined
      const fault = () => {
        const now = broken
        broken = undefined
        return now
      }
      const stations: readonly Audience[] = [2, PEOPLE].map((portion) =>
        test.station({ analytics: breaking(test.analytics, fault), portion }),
      )
      const [small, large] = stations
      if (small === undefined || large === undefined) throw new Error('there are two stations')
      await defineRule(large, workspace, 'recent', ordersAtLeast(1, '10d'))
      await defineRule(large, workspace, 'loyal', { and: [ordersAtLeast(2), { segment: 'recent' }] })

      for (const one of [...acts, { do: 'all' as const, portion: PEOPLE }]) {
        test.clock.advance(1_000)
        const now = test.clock.now().getTime()
        if (one.do === 'order') {
          const at = now - one.ageDays * DAY
          await test.event(workspace, idOf(one.who), { timestamp: new Date(at) })
          model.order(one.who, at)
        } else if (one.do === 'merge') {
          if (model.personOf(one.into) !== model.personOf(one.from)) await test.merge(workspace, idOf(one.into), idOf(one.from))
          model.merge(one.into, one.from)
        } else if (one.do === 'say') {
          await test.say(workspace, idOf(one.who), 'profile', one.state)
          model.say(one.who, now, one.state === 'granted')
        } else if (one.do === 'wait') {
          test.clock.advance(one.days * DAY)
        } else if (one.do === 'some') {
          await large.evaluate({ workspace, profiles: one.who.map(idOf) })
          model.evaluate(one.who, now)
        } else if (one.do === 'crash') {
          broken = one.when
          await large.evaluate({ workspace }).catch(() => {})
          broken = undefined
          await test.station().evaluate({ workspace })
          model.evaluate(everybody, now)
        } else if (one.do === 'race') {
          await Promise.all(stations.map((station) => station.evaluate({ workspace })))
          model.evaluate(everybody, now)
        } else {
          await test.station({ portion: one.portion }).evaluate({ workspace })
          model.evaluate(everybody, now)
        }
      }
      const named = model.told.map((line) => line.replace(/\d+$/, (who) => String(idOf(model.personOf(Number(who))))))
      expect((await test.feed(workspace)).toSorted()).toEqual(named.toSorted())
      expect((await large.evaluate({ workspace, profiles: people })).transitions).toEqual([])
      runs++
    }),
    { numRuns: 12, interruptAfterTimeLimit: 40_000 },
  )
  expect(runs).toBeGreaterThan(0)
})
