import type { ProfileId } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, identifiersOf, type Process, type World } from './world.fixture.ts'

let world: World
let processes: readonly [Process, Process]

beforeAll(async () => {
  world = await createWorld()
  const start = (side: 0 | 1) =>
    world.start({ batchEvents: 2, before: async (operation) => (operation === 'openBatch' ? together(side) : undefined) })
  processes = [await start(0), await start(1)]
})
afterAll(() => world.close())

let arrived: (() => void) | undefined

/** Has both begin a batch at the same moment, as long as both have one. */
async function together(side: 0 | 1): Promise<void> {
  if (arrived !== undefined) {
    arrived()
    arrived = undefined
    return
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  arrived = resolve
  await Promise.race([promise, processes[side === 0 ? 1 : 0].ingest.idle()])
  if (arrived === resolve) arrived = undefined
}

interface Person {
  readonly identifiers: readonly string[]
  /** By their places in what was sent. */
  readonly events: readonly number[]
}

/** Who there is by Postgres, and whose each event is by the engine. */
async function people(workspace: string, sent: readonly string[]): Promise<readonly Person[]> {
  const { profiles } = world.store.in(workspace)
  const read = world.analytics.in(workspace)
  const persons: ProfileId[] = []
  for await (const page of profiles.pages()) persons.push(...page)
  const found = await Promise.all(
    persons.map(async (person): Promise<Person> => {
      const { rows } = await read.events({ profile: person, limit: 1_000 })
      return {
        identifiers: (await profiles.identifiers(person)).map(({ type, value }) => `${type}:${value}`).sort(),
        events: rows.map(({ messageId }) => sent.indexOf(messageId)).sort((left, right) => left - right),
      }
    }),
  )
  return found.toSorted((left, right) => (left.identifiers.join() < right.identifiers.join() ? -1 : 1))
}

/** Sends all at once, one after the other to each of the processes in turn, and waits until all is stored. */
async function sendAll(workspace: string, events: readonly string[], to: readonly Process[]): Promise<readonly string[]> {
  const sent = await Promise.all(
    events.map((who, index) => {
      const process = to[index % to.length]
      if (process === undefined) throw new Error('there is no process')
      return world.accept(process, workspace, who)
    }),
  )
  await Promise.all(to.map(({ ingest }) => ingest.idle()))
  return sent
}

const named = (ids: readonly string[], length: number) =>
  fc.array(
    fc.shuffledSubarray([...ids], { minLength: 1, maxLength: 3 }).map((words) => words.join(' ')),
    { minLength: length, maxLength: length },
  )

describe('two workers with connections of their own, on one Postgres', () => {
  // Fewer than anybody may have: then who is one does not depend on the order.
  const free = [
    ...Array.from({ length: 16 }, (_, index) => `anonymous_id:a${index}`),
    ...['a', 'b', 'c'].map((name) => `email:${name}@x.cn`),
  ]

  it('find the persons that one finds, whatever both merge at once', async () => {
    let merged = 0
    await fc.assert(
      fc.asyncProperty(named(free, 24), async (events) => {
        const alone = await world.workspace()
        const both = await world.workspace()
        const expected = await people(alone, await sendAll(alone, events, [processes[0]]))
        expect(expected.flatMap((person) => person.events)).toHaveLength(events.length)
        expect(await people(both, await sendAll(both, events, processes))).toEqual(expected)
        merged += new Set(events.join(' ').split(' ')).size - expected.length
      }),
      { numRuns: 3, endOnFailure: true },
    )
    expect(merged).toBeGreaterThan(0)
  }, 120_000)

  it('exceed no limit together, and agree on who holds what', async () => {
    const users = ['user_id:u0', 'user_id:u1', 'user_id:u2']
    await fc.assert(
      fc.asyncProperty(named([...users, 'anonymous_id:a0', 'anonymous_id:a1', 'email:a@x.cn'], 24), async (events) => {
        const workspace = await world.workspace()
        const found = await people(workspace, await sendAll(workspace, events, processes))
        const held = found.flatMap(({ identifiers }) => identifiers)
        expect(held.toSorted()).toEqual([...new Set(held)].sort())
        for (const { identifiers } of found) expect(identifiers.filter((one) => users.includes(one)).length).toBeLessThanOrEqual(1)
        expect(found.flatMap((person) => person.events).toSorted((left, right) => left - right)).toEqual(events.map((_, index) => index))
        // An event whose identifiers all belong to one person is that person's.
        for (const [index, who] of events.entries()) {
          const owners = identifiersOf(who).map(({ type, value }) =>
            found.find((person) => person.identifiers.includes(`${type}:${value}`)),
          )
          if (new Set(owners).size === 1) expect(owners[0]?.events).toContain(index)
        }
      }),
      { numRuns: 6, endOnFailure: true },
    )
  }, 120_000)
})
