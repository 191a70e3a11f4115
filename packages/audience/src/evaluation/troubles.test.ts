import type { Analytics } from '@tenon/analytics'
import type { Segmenter, Tagger } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineRule, ordersAtLeast, putRule, world } from '../audience.fixture.ts'
import type { Audience } from '../audience.ts'

const test = world()

/** A kind of tag that does what its definition says: hang, throw, or give everybody 1. */
const moody: Tagger = {
  kind: 'moody',
  definition: z.strictObject({ mood: z.enum(['hangs', 'throws', 'works', 'cannot fit']) }),
  presets: [],
  plan: ({ key, label, definition }) => ({
    ...{ how: 'model', fits: definition.mood === 'cannot fit', every: '1h' },
    tags: [{ key, label, type: 'number' }],
  }),
  fit: () => Promise.reject(new Error('does not learn')),
  async *value({ key, definition, profiles = [] }) {
    if (definition.mood === 'hangs') await new Promise(() => {})
    if (definition.mood === 'throws') throw new Error('in a bad mood')
    yield profiles.map((profile) => ({ profile, tag: key, value: 1, reasons: [] }))
  },
}

/** Everybody in or nobody. */
let isEverybodyIn = true
const crowd: Segmenter = {
  kind: 'crowd',
  definition: z.strictObject({}),
  presets: [],
  plan: ({ key, label }) => ({ how: 'model', fits: false, every: '1h', exclusive: false, segments: [{ key: `${key}.in`, label }] }),
  async *assign({ key, profiles = [] }) {
    yield isEverybodyIn ? profiles.map((profile) => ({ profile, segment: `${key}.in`, score: 1, reasons: [] })) : []
  },
}

const stationWith = (more: { readonly analytics?: Analytics } = {}): Audience =>
  test.station({
    ...{ taggers: new Map([['moody', moody]]), segmenters: new Map([...test.segmenters, ['crowd', crowd] as const]), modelLimitMs: 50 },
    ...more,
  })
const mood = async (station: Audience, workspace: string, key: string, is: string) => {
  const put = await station.putTag(workspace, { key, kind: 'moody', label: { en: key }, definition: { mood: is } })
  if (!put.ok) throw new Error(JSON.stringify(put))
  return put.live
}

describe('a definition that can not be evaluated', () => {
  it('stays as it is, does not hold up the others, and is tried again later', async () => {
    const [station, workspace] = [stationWith(), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    for (const is of ['hangs', 'throws', 'works', 'cannot fit']) await mood(station, workspace, is.replace(' ', '-'), is)
    await defineRule(station, workspace, 'buyers', ordersAtLeast(1))
    await defineRule(station, workspace, 'working', { tag: 'works', eq: 1 })
    await test.event(workspace, ann)
    await station.evaluate({ workspace })
    expect(await test.values(workspace, ann)).toEqual({ works: 1 })
    expect((await station.standing(workspace, ann)).segments.map(({ segment }) => segment)).toEqual(['buyers', 'working'])
    const troubles = () => station.health().troubles.map(({ key, reason, failures }) => `${key}: ${reason} (${failures})`)
    expect(troubles()).toEqual([
      'cannot-fit: does not learn (1)',
      'hangs: tag hangs took longer than 50 ms (1)',
      'throws: in a bad mood (1)',
    ])
    await station.evaluate({ workspace, profiles: [ann] })
    expect(station.health().troubles.map(({ failures }) => failures)).toEqual([1, 1, 1])
    test.clock.advance(61_000)
    await station.evaluate({ workspace, profiles: [ann] })
    expect(station.health().troubles.find(({ key }) => key === 'throws')?.failures).toBe(2)
    await station.evaluate({ workspace, only: await mood(station, workspace, 'throws', 'works') })
    expect(station.health().troubles.map(({ key }) => key)).toEqual(['cannot-fit', 'hangs'])
    expect(await test.values(workspace, ann)).toEqual({ works: 1, throws: 1 })
  })

  it('keeps its members when the engine refuses its rule alone', async () => {
    const workspace = await test.workspace()
    const [ann = 0, bob = 0] = await test.people(workspace, 2)
    let isRefused = false
    const picky: Analytics = {
      ...test.analytics,
      in(name) {
        const reads = test.analytics.in(name)
        const evaluateRules: typeof reads.evaluateRules = async (request) => {
          if (isRefused && request.rules.some(({ key }) => key.includes('hard'))) throw new Error('too hard')
          return reads.evaluateRules(request)
        }
        return { ...reads, evaluateRules }
      },
    }
    const station = stationWith({ analytics: picky })
    for (const key of ['a', 'hard', 'z']) await defineRule(station, workspace, key, ordersAtLeast(1))
    await test.event(workspace, ann)
    await station.evaluate({ workspace })
    isRefused = true
    await test.event(workspace, bob)
    const { transitions } = await station.evaluate({ workspace })
    expect(transitions.map(({ segment, entered }) => [segment, entered])).toEqual([
      ['a', [bob]],
      ['z', [bob]],
    ])
    expect(await test.members(workspace, 'hard')).toEqual([ann])
    isRefused = false
    test.clock.advance(61_000)
    await station.evaluate({ workspace })
    expect(await test.members(workspace, 'hard')).toEqual([ann, bob])
    expect(station.health().troubles).toEqual([])
  })

  it('is one that goes round in a circle or takes a name, when two put at once', async () => {
    const [station, workspace] = [stationWith(), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    await test.event(workspace, ann)
    const { segments, tags } = test.store.in(workspace).definitions
    const rules = (key: string, rule: object) =>
      segments.put({ key, kind: 'rules', label: { en: key }, definition: { rule: JSON.parse(JSON.stringify(rule)) } })
    await rules('hen', { segment: 'egg' })
    await rules('egg', { segment: 'hen' })
    await rules('buyers', ordersAtLeast(1))
    await rules('crowd.in', ordersAtLeast(1))
    await segments.put({ key: 'crowd', kind: 'crowd', label: { en: 'Crowd' }, definition: {} })
    await tags.put({ key: 'gone', kind: 'no-such-plugin', label: { en: 'Gone' }, definition: {} })
    await station.evaluate({ workspace })
    expect(await Promise.all(['buyers', 'hen', 'crowd.in'].map((key) => test.members(workspace, key)))).toEqual([[ann], [], [ann]])
    expect(station.health().troubles.map(({ key, reason }) => `${key}: ${reason}`)).toEqual([
      'crowd.in: segment crowd.in is made by another definition',
      expect.stringMatching(/goes round in a circle: segment:.* → segment:/),
      expect.stringMatching(/goes round in a circle/),
    ])
  })
})

describe('segments by model', () => {
  it('have members and lose them, and a broken listener stops nobody', async () => {
    const [station, workspace] = [stationWith(), await test.workspace()]
    const [ann = 0, bob = 0] = await test.people(workspace, 2)
    const heard: string[] = []
    station.onTransition(() => {
      throw new Error('a bad listener')
    })
    station.onTransition(({ segment, entered, left }) => void heard.push(`${segment} ${entered.length} ${left.length}`))
    const put = await station.putSegment(workspace, { key: 'all', kind: 'crowd', label: { en: 'All' }, definition: {} })
    expect(put).toMatchObject({ ok: true })
    await station.evaluate({ workspace })
    expect(await test.members(workspace, 'all.in')).toEqual([ann, bob])
    isEverybodyIn = false
    await station.evaluate({ workspace, profiles: [bob] })
    expect(await test.members(workspace, 'all.in')).toEqual([ann])
    isEverybodyIn = true
    await test.say(workspace, ann, 'profile', 'withdrawn')
    await station.evaluate({ workspace })
    expect(await test.members(workspace, 'all.in')).toEqual([bob])
    expect(heard).toEqual(['all.in 2 0', 'all.in 0 1', 'all.in 1 1'])
    await putRule(station, workspace, 'of-all', { segment: 'all.in' })
    expect(await test.members(workspace, 'of-all')).toEqual([])
  })
})
