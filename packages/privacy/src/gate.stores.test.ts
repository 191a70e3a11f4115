import type { Clock } from '@tenon/kernel/contracts'
import { openStore, type Store } from '@tenon/store'
import { type EphemeralStores, ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGate, type PrivacyGate } from './gate.ts'
import { at, contextAt, optIn, said } from './ledger.fixture.ts'

const ask = { purpose: 'marketing', action: 'send' } as const
const clock: Clock = { now: () => at(100) }
let stores: EphemeralStores
let store: Store
let gate: PrivacyGate

beforeAll(async () => {
  stores = await ephemeralStores()
  store = openStore({ databaseUrl: stores.databaseUrl, clock })
  await store.migrate()
  for (const id of ['one', 'two', 'crowd']) await store.workspaces.ensure({ id, name: id })
  gate = createGate({ store, policies: new Map([['basic', optIn()]]), clock })
}, 60_000)

afterAll(async () => {
  await store?.close()
  await stores?.close()
})

const may = async (workspace: string, profile: number): Promise<boolean> =>
  (await gate.permits({ ...ask, profiles: [profile] }, contextAt(at(100), workspace))).has(profile)

async function people(workspace: string, count: number): Promise<readonly number[]> {
  return store.in(workspace).profiles.create(count)
}

async function merge(loser: number, winner: number, when: Date): Promise<void> {
  const merging = { into: winner, from: [loser], at: when }
  await store.in('one').transaction(async (tx) => {
    await tx.profiles.lock()
    await gate.beforeMerge(tx, merging)
    await tx.profiles.merge({ ...merging, rule: 'test', source: 'test', messageId: `${loser} and ${winner}`, evidence: {} })
  })
}

describe('the gate on the real ledger', () => {
  it('follows what a person says', async () => {
    const [person = 0] = await people('one', 1)
    expect(await may('one', person)).toBe(false)
    expect(await gate.record('one', person, [said({ at: at(1) })])).toEqual({ ok: true })
    expect(await may('one', person)).toBe(true)
    await gate.record('one', person, [said({ state: 'withdrawn', at: at(2) })])
    expect(await may('one', person)).toBe(false)
    expect(await may('two', person)).toBe(false)
  })

  it('does not take a merged profile for one that never objected', async () => {
    const [loser = 0, winner = 0] = await people('one', 2)
    await gate.record('one', loser, [said({ at: at(1) })])
    await gate.record('one', winner, [said({ state: 'denied', at: at(2) })])
    await merge(loser, winner, at(3))
    expect([await may('one', loser), await may('one', winner)]).toEqual([false, false])
  })

  it('lets the older no of one history bind after a merge', async () => {
    const [loser = 0, winner = 0] = await people('one', 2)
    await gate.record('one', loser, [said({ state: 'denied', at: at(1) })])
    await gate.record('one', winner, [said({ at: at(2) })])
    expect(await may('one', winner)).toBe(true)
    await merge(loser, winner, at(3))
    expect(await may('one', winner)).toBe(false)
  })

  it('lets a no bind that comes late, of after a yes that was said again since', async () => {
    const [person = 0, other = 0] = await people('one', 2)
    const { consents } = store.in('one')
    for (const profile of [person, other]) {
      await gate.record('one', profile, [said({ at: at(10) })])
      const [{ id = '' } = {}] = (await consents.of([profile])).get(profile) ?? []
      await consents.record([{ profile, ...said({ at: at(50), source: 'unmerge', evidence: { repeats: id } }) }])
    }
    await gate.record('one', person, [said({ state: 'withdrawn', at: at(30) })])
    await gate.record('one', other, [said({ state: 'withdrawn', at: at(5) })])
    expect([await may('one', person), await may('one', other)]).toEqual([false, true])
    const [last] = (await consents.of([person])).get(person) ?? []
    expect(last).toMatchObject({ state: 'withdrawn', evidence: { saidAt: at(30).toISOString() } })
    // Said on a form with the no, a yes answers it.
    await gate.record('one', other, [said({ state: 'withdrawn', at: at(30) }), said({ at: at(31) })])
    expect(await may('one', other)).toBe(true)
  })

  it('keeps each of several noes that come late, once', async () => {
    const [person = 0] = await people('one', 1)
    const { consents } = store.in('one')
    await gate.record('one', person, [said({ at: at(10) })])
    const [{ id = '' } = {}] = (await consents.of([person])).get(person) ?? []
    await consents.record([{ profile: person, ...said({ at: at(50), source: 'unmerge', evidence: { repeats: id } }) }])
    const ending = said({ state: 'denied', at: at(30), expiresAt: at(70) })
    const lasting = said({ state: 'denied', at: at(35) })
    for (const noes of [[ending], [lasting], [ending, lasting]]) await gate.record('one', person, noes)
    const kept = ((await consents.of([person])).get(person) ?? []).filter(({ state }) => state === 'denied')
    expect(kept.map(({ evidence }) => evidence.saidAt).sort()).toEqual([at(30).toISOString(), at(35).toISOString()])
    expect(await may('one', person)).toBe(false)
  })

  it('lets a no of before a merge bind behind it, though the other had said yes since', async () => {
    const [loser = 0, winner = 0] = await people('one', 2)
    await gate.record('one', loser, [said({ at: at(10), expiresAt: at(400) })])
    await gate.record('one', winner, [said({ at: at(40) })])
    await merge(loser, winner, at(50))
    expect(await may('one', winner)).toBe(true)
    await gate.record('one', winner, [said({ state: 'denied', at: at(30) })])
    expect(await may('one', winner)).toBe(false)
    // All of them have said yes since: that counts.
    await gate.record('one', winner, [said({ at: at(60) })])
    expect(await may('one', winner)).toBe(true)
  })

  it('records signals once, whatever the number of events that repeat them', async () => {
    const [person = 0] = await people('one', 1)
    const signals = Array.from({ length: 30 }, (_, n) => ({
      profile: person,
      ...said({ state: 'denied', source: 'signal:gpc', at: at(n / 10) }),
    }))
    expect(await gate.recordSignals(store.in('one'), signals)).toBe(1)
    expect(await gate.recordSignals(store.in('one'), signals)).toBe(0)
    expect((await store.in('one').consents.of([person])).get(person)).toHaveLength(1)
  })

  it('knows the population of a purpose, over many pages', async () => {
    const crowd = await people('crowd', 12_000)
    const agreed = crowd.filter((_, index) => index % 3 === 0)
    const rows = crowd.map((profile, index) => ({ profile, ...said({ state: index % 3 === 0 ? 'granted' : 'denied' }) }))
    await store.in('crowd').consents.record(rows)
    const population = await gate.population({ workspace: 'crowd', ...ask })
    expect(population.default).toBe(false)
    expect([...population.exceptions].toSorted((a, b) => a - b)).toEqual(agreed)
    const permits = await gate.permits({ ...ask, profiles: crowd }, contextAt(at(100), 'crowd'))
    expect([...permits.keys()]).toEqual(agreed)
  })
})
