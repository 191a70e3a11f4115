import type { ProfileId, Tagger } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineRule, ordersAtLeast, until, world } from '../audience.fixture.ts'
import type { Audience, AudienceOptions } from '../audience.ts'
import type { Live } from '../definitions/live.ts'
import { createApart } from './apart.ts'

const test = world()

/** A kind of tag that gives everybody 1 when the test lets it; one that learns waits there, too. */
function held() {
  const asked: (readonly ProfileId[])[] = []
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const tagger: Tagger = {
    kind: 'held',
    definition: z.strictObject({ fits: z.boolean() }),
    presets: [],
    plan: ({ key, label, definition }) => ({
      ...{ how: 'model', fits: definition.fits === true, every: '1h' },
      tags: [{ key, label, type: 'number' }],
    }),
    async fit() {
      await opened
      return { model: new Uint8Array(1), quality: {} }
    },
    async *value({ key, profiles = [] }) {
      asked.push(profiles)
      await opened
      yield profiles.map((profile) => ({ profile, tag: key, value: 1, reasons: [] }))
    },
  }
  return { tagger, asked, open }
}

async function stationWith(tagger: Tagger, more: Partial<AudienceOptions>, fits: boolean): Promise<[Audience, string]> {
  const station = test.station({ taggers: new Map([['held', tagger]]), patienceMs: 20, ...more })
  const workspace = await test.workspace()
  const put = await station.putTag(workspace, { key: 'held', kind: 'held', label: { en: 'Held' }, definition: { fits } })
  expect(put).toMatchObject({ ok: true })
  await defineRule(station, workspace, 'buyers', ordersAtLeast(1))
  await defineRule(station, workspace, 'of-held', { tag: 'held', eq: 1 })
  return [station, workspace]
}

describe('a model that takes its time', () => {
  it('holds up nobody else, and is computed for whoever came meanwhile', async () => {
    const model = held()
    const [station, workspace] = await stationWith(model.tagger, {}, false)
    const [ann = 0, bob = 0] = await test.people(workspace, 2)
    station.start()
    station.stored(await test.event(workspace, ann), new Map([[workspace, [ann]]]))
    await until(async () => (await test.members(workspace, 'buyers')).includes(ann))
    station.stored(await test.event(workspace, bob), new Map([[workspace, [bob]]]))
    await until(async () => (await test.members(workspace, 'buyers')).includes(bob))
    expect(await test.members(workspace, 'of-held')).toEqual([])
    expect(station.health().troubles).toEqual([])
    model.open()
    await station.idle()
    expect(await Promise.all([ann, bob].map((profile) => test.values(workspace, profile)))).toEqual([{ held: 1 }, { held: 1 }])
    expect(await test.members(workspace, 'of-held')).toEqual([ann, bob])
    expect(await test.feed(workspace)).toHaveLength(4)
  })

  it('is waited for by who asks for everybody, and waits in turns again once it is quick', async () => {
    const model = held()
    const [station, workspace] = await stationWith(model.tagger, { portion: 2, patienceMs: 500 }, false)
    const people = await test.people(workspace, 5)
    for (const profile of people) await test.event(workspace, profile)
    const evaluating = station.evaluate({ workspace })
    await until(async () => (await test.members(workspace, 'buyers')).length === people.length)
    model.open()
    const { changedTagValues, transitions } = await evaluating
    expect(changedTagValues).toBe(people.length)
    expect(
      transitions
        .filter(({ segment }) => segment === 'of-held')
        .flatMap(({ entered }) => entered)
        .sort(),
    ).toEqual(people)
    const [next = 0] = await test.people(workspace, 1)
    await test.event(workspace, next)
    const before = model.asked.length
    await station.evaluate({ workspace, profiles: [next] })
    expect(model.asked.slice(before)).toEqual([[next]])
    expect(await test.values(workspace, next)).toEqual({ held: 1 })
  })

  it('and does not come to an end is given up, and is left alone for a while', async () => {
    const model = held()
    const [station, workspace] = await stationWith(model.tagger, { modelLimitMs: 60, portion: 1 }, false)
    const people = await test.people(workspace, 3)
    for (const profile of people) await test.event(workspace, profile)
    await station.evaluate({ workspace })
    expect(await test.members(workspace, 'buyers')).toEqual(people)
    expect(station.health().troubles).toMatchObject([
      { key: 'held', step: 'evaluate', reason: 'tag held took longer than 60 ms', failures: 1 },
    ])
    const before = model.asked.length
    await station.evaluate({ workspace, profiles: people })
    expect(model.asked).toHaveLength(before)
  })

  it('to learn holds up no evaluation on schedule, and is computed once it has learned', async () => {
    const model = held()
    const [station, workspace] = await stationWith(model.tagger, { everyMs: 10 }, true)
    const [ann = 0] = await test.people(workspace, 1)
    await test.event(workspace, ann)
    station.start()
    await until(async () => (await test.members(workspace, 'buyers')).includes(ann))
    expect(await test.values(workspace, ann)).toEqual({})
    model.open()
    await until(async () => (await test.members(workspace, 'of-held')).includes(ann))
    await station.stop()
  })
})

/** Runs that end when the test says so, and rests that end when they are told to hurry. */
function lanes(portion = 10) {
  const runs: { readonly people: readonly ProfileId[]; end(outcome: { isPrompt: boolean } | Error): void }[] = []
  const rests: PromiseWithResolvers<void>[] = []
  let isTired = false
  const apart = createApart({
    portion,
    async rest(signal) {
      if (!isTired || signal.aborted) return
      const resting = Promise.withResolvers<void>()
      rests.push(resting)
      signal.addEventListener('abort', () => resting.resolve())
      await resting.promise
    },
    run(_workspace, _live, people) {
      const { promise, resolve, reject } = Promise.withResolvers<{ transitions: []; changed: number; isPrompt: boolean }>()
      const end = (outcome: { isPrompt: boolean } | Error) =>
        outcome instanceof Error ? reject(outcome) : resolve({ transitions: [], changed: people.size, ...outcome })
      runs.push({ people: [...people], end })
      return promise
    },
  })
  const tire = () => {
    isTired = true
  }
  return { apart, runs, rests, tire }
}

const patient = { isPatient: true }

it('a lane does one run at a time, tells of its failures, and ends with a quick one', async () => {
  const live = { type: 'tag', key: 'a', version: 1 } as Live
  const { apart, runs } = lanes()
  const [first, second] = [apart.add('w', live, [1], patient), apart.add('w', live, [2], patient)]
  const third = apart.add('w', live, [3, 2], patient)
  await until(() => runs.length === 1)
  expect([runs.map(({ people }) => people), apart.has('w', live), apart.has('other', live)]).toEqual([[[1]], true, false])
  runs[0]?.end(new Error('away'))
  await expect(first).rejects.toThrow('away')
  await until(() => runs.length === 2)
  expect(runs[1]?.people).toEqual([2, 3])
  runs[1]?.end({ isPrompt: false })
  expect(await Promise.all([second, third])).toMatchObject([{ changed: 2 }, { changed: 2 }])
  await apart.idle()
  expect([apart.has('w', live), apart.has('w', { ...live, version: 2 } as Live)]).toEqual([true, false])
  const last = apart.add('w', live, [4], patient)
  await until(() => runs.length === 3)
  runs[2]?.end({ isPrompt: true })
  await last
  await apart.idle()
  expect(apart.has('w', live)).toBe(false)
})

it('a lane takes no more people at once than a turn, however many have come meanwhile', async () => {
  const live = { type: 'tag', key: 'a', version: 1 } as Live
  const { apart, runs } = lanes(2)
  const first = apart.add('w', live, [1, 2], patient)
  const others = [[3], [4, 5], [6, 7]].map((people) => apart.add('w', live, people, patient))
  const end = async (run: number, isPrompt: boolean): Promise<void> => {
    await until(() => runs.length === run + 1)
    runs[run]?.end({ isPrompt })
  }
  await end(0, false)
  await end(1, false)
  await end(2, true)
  await end(3, true)
  expect((await first).changed).toBe(2)
  expect((await Promise.all(others)).map(({ changed }) => changed)).toEqual([5, 5, 5])
  expect(runs.map(({ people }) => people)).toEqual([[1, 2], [3, 4], [5, 6], [7]])
  await apart.idle()
  // One of three runs was slow: a turn does not wait for it because the last, of one person, was quick.
  expect(apart.has('w', live)).toBe(true)
  const last = apart.add('w', live, [8, 9, 10], patient)
  await end(4, true)
  await end(5, true)
  await last
  await apart.idle()
  expect(apart.has('w', live)).toBe(false)
})

it('a lane rests before each run until somebody is in a hurry, and again for those who came behind', async () => {
  const live = { type: 'tag', key: 'a', version: 1 } as Live
  const { apart, runs, rests, tire } = lanes(1)
  tire()
  void apart.add('w', live, [1, 2], patient)
  await until(() => rests.length === 1)
  expect(runs).toEqual([])
  rests[0]?.resolve()
  await until(() => runs.length === 1)
  runs[0]?.end({ isPrompt: false })
  await until(() => rests.length === 2)
  const hurried = apart.add('w', live, [3], { isPatient: false })
  await until(() => runs.length === 2)
  runs[1]?.end({ isPrompt: false })
  await until(() => runs.length === 3)
  // Behind the one in a hurry: who comes now has time.
  void apart.add('w', live, [4], patient)
  runs[2]?.end({ isPrompt: false })
  expect(await hurried).toMatchObject({ changed: 1 })
  await until(() => rests.length === 3)
  expect(runs.map(({ people }) => people)).toEqual([[1], [2], [3]])
  rests[2]?.resolve()
  await until(() => runs.length === 4)
})

it('a lane that fails before anybody looks ends no process, and tells it to who looks later', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const run = () => Promise.reject(new Error('away'))
    const apart = createApart({ portion: 10, rest: () => Promise.resolve(), run })
    const added = apart.add('w', { type: 'tag', key: 'a', version: 1 } as Live, [1], patient)
    await apart.idle()
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
    await expect(added).rejects.toThrow('away')
  } finally {
    process.off('unhandledRejection', note)
  }
})
