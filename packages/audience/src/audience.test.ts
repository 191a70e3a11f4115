import type { Rule } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { DAY, ordersAtLeast, putRule, world } from './audience.fixture.ts'

const test = world()

const measured = (key: string, measure: object) => ({
  key,
  kind: 'measure',
  label: { en: key },
  definition: { measure: JSON.parse(JSON.stringify(measure)) },
})

describe('tags', () => {
  it('by measure hold the value now, and their history holds changes alone', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0, bob = 0] = await test.people(workspace, 2)
    const put = await station.putTag(workspace, measured('orders', { event: 'Order Completed', measure: 'count', within: { last: '30d' } }))
    if (!put.ok) throw new Error(JSON.stringify(put))
    await test.event(workspace, ann)
    const first = test.clock.now()
    expect((await station.evaluate({ workspace, only: put.live })).changedTagValues).toBe(1)
    expect((await station.evaluate({ workspace })).changedTagValues).toBe(0)
    await test.event(workspace, ann)
    test.clock.advance(DAY)
    expect((await station.evaluate({ workspace, profiles: [ann, bob] })).changedTagValues).toBe(1)
    expect(await test.values(workspace, ann)).toEqual({ orders: 2 })
    expect(await test.values(workspace, bob)).toEqual({})
    const history = await test.analytics.in(workspace).tagValues.history(ann, 'orders')
    expect(history.map(({ value }) => value)).toEqual([2, 1])
    expect(history[1]?.at.getTime()).toBeLessThan(first.getTime() + 1_000)
  })

  it('lose their value by a tombstone when nothing is left of it', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    await station.putTag(workspace, measured('spent', { event: 'Order Completed', measure: { avg: 'revenue' }, within: { last: '7d' } }))
    await test.event(workspace, ann, { properties: { revenue: 10 } })
    await station.evaluate({ workspace })
    expect(await test.values(workspace, ann)).toEqual({ spent: 10 })
    test.clock.advance(8 * DAY)
    await station.evaluate({ workspace })
    expect(await test.values(workspace, ann)).toEqual({})
    const history = await test.analytics.in(workspace).tagValues.history(ann, 'spent')
    expect(history.map(({ value }) => value)).toEqual([undefined, 10])
  })

  it('by cases take the first that holds', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0, bob = 0, cid = 0] = await test.people(workspace, 3)
    expect(await station.putTag(workspace, { key: 'tier', kind: 'tiers', label: { en: 'Tier' }, definition: { big: 2 } })).toMatchObject({
      ok: true,
    })
    for (const profile of [ann, ann, bob]) await test.event(workspace, profile)
    await test.event(workspace, cid, { name: 'Product Viewed' })
    await station.evaluate({ workspace })
    expect(await Promise.all([ann, bob, cid].map((profile) => test.values(workspace, profile)))).toEqual([
      { tier: 'big' },
      { tier: 'small' },
      {},
    ])
  })

  it('by model are fitted once for everybody, and computed for some with the model there is', async () => {
    const [station, workspace] = [test.station({ taggers: test.taggersWithRfm }), await test.workspace()]
    const [ann = 0, bob = 0, cid = 0] = await test.people(workspace, 3)
    for (const [profile, revenue] of [
      [ann, 100],
      [ann, 100],
      [bob, 1],
    ] as const)
      await test.event(workspace, profile, { properties: { revenue } })
    await station.evaluate({ workspace, profiles: [ann] })
    expect(await test.values(workspace, ann)).toEqual({})
    await station.evaluate({ workspace })
    const models = test.store.in(workspace).models
    const model = await models.latest('tag', 'rfm')
    expect(await test.values(workspace, ann)).toMatchObject({ 'rfm.monetary': 3 })
    expect(await test.values(workspace, cid)).toEqual({})
    await test.event(workspace, cid, { properties: { revenue: 1_000 } })
    await station.evaluate({ workspace, profiles: [cid] })
    expect(await test.values(workspace, cid)).toMatchObject({ 'rfm.monetary': 5 })
    await station.evaluate({ workspace })
    expect((await models.latest('tag', 'rfm'))?.version).toBe(model?.version)
    test.clock.advance(2 * 3_600_000)
    await station.evaluate({ workspace })
    const later = await models.latest('tag', 'rfm')
    expect(later?.version).not.toBe(model?.version)
    test.clock.advance(1_000)
    await station.evaluate({ workspace, refit: true })
    expect((await models.latest('tag', 'rfm'))?.version).not.toBe(later?.version)
  })

  it('feed segments in the same evaluation, and these feed others', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0, bob = 0] = await test.people(workspace, 2)
    await station.putTag(workspace, measured('orders', { event: 'Order Completed', measure: 'count' }))
    await putRule(station, workspace, 'regular', { tag: 'orders', gte: 2 })
    await putRule(station, workspace, 'occasional', { and: [{ tag: 'orders', gte: 1 }, { not: { segment: 'regular' } }] })
    for (const profile of [ann, ann, bob]) await test.event(workspace, profile)
    const { transitions } = await station.evaluate({ workspace })
    expect(transitions.map(({ segment, entered }) => [segment, entered])).toEqual([
      ['regular', [ann]],
      ['occasional', [bob]],
    ])
    // What needs a definition follows when it is changed.
    await putRule(station, workspace, 'regular', { tag: 'orders', gte: 1 })
    expect(await test.members(workspace, 'occasional')).toEqual([])
  })
})

describe('people', () => {
  it('who withdraw leave, and their values end; with a full evaluation or when only they are looked at', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0, bob = 0] = await test.people(workspace, 2)
    await station.putTag(workspace, measured('orders', { event: 'Order Completed', measure: 'count' }))
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    for (const profile of [ann, bob]) await test.event(workspace, profile)
    await station.evaluate({ workspace })
    expect(await test.members(workspace, 'buyers')).toEqual([ann, bob])
    await test.say(workspace, ann, 'profile', 'withdrawn')
    expect(await station.verdict({ workspace, profile: ann, rule: { always: true } })).toEqual({
      holds: false,
      withoutConsentTo: 'profile',
    })
    await station.evaluate({ workspace, profiles: [ann] })
    expect([await test.members(workspace, 'buyers'), await test.values(workspace, ann)]).toEqual([[bob], {}])
    await test.say(workspace, bob, 'profile', 'withdrawn')
    await station.evaluate({ workspace })
    expect([await test.members(workspace, 'buyers'), await test.values(workspace, bob)]).toEqual([[], {}])
    test.clock.advance(1_000)
    await test.say(workspace, ann, 'profile', 'granted')
    await station.evaluate({ workspace })
    expect([await test.members(workspace, 'buyers'), await test.values(workspace, ann)]).toEqual([[ann], { orders: 1 }])
  })

  it('are asked about purposes by rules', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0, bob = 0] = await test.people(workspace, 2)
    for (const profile of [ann, bob]) await test.event(workspace, profile)
    await test.say(workspace, ann, 'marketing', 'granted')
    const rule = { consent: 'marketing.email' } as const
    await putRule(station, workspace, 'reachable', rule)
    expect(await test.members(workspace, 'reachable')).toEqual([ann])
    expect(await station.preview({ workspace, rule })).toEqual({ ok: true, size: 1, sample: [ann] })
    expect(await Promise.all([ann, bob].map((profile) => station.verdict({ workspace, profile, rule })))).toEqual([
      { holds: true },
      { holds: false, failed: [{ path: '', rule }] },
    ])
    test.clock.advance(1_000)
    await test.say(workspace, ann, 'marketing', 'withdrawn')
    await station.evaluate({ workspace, profiles: [ann] })
    expect(await test.members(workspace, 'reachable')).toEqual([])
  })

  it('hear by which conditions a rule fails for them', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    await test.event(workspace, ann, { traits: { city: 'Wuhan' } })
    const [buyers, city, objects] = [ordersAtLeast(1), { trait: 'city', eq: 'Paris' }, { not: ordersAtLeast(1) }] as const
    const rule: Rule = { and: [buyers, { or: [city, { and: [buyers, ordersAtLeast(2)] }] }, objects] }
    expect(await station.verdict({ workspace, profile: ann, rule })).toEqual({
      holds: false,
      failed: [
        { path: 'and[1].or[0]', rule: city },
        { path: 'and[1].or[1].and[1]', rule: ordersAtLeast(2) },
        { path: 'and[2]', rule: objects },
      ],
    })
    expect(await station.verdict({ workspace, profile: ann, rule: { not: objects } })).toEqual({ holds: true })
  })

  it('keep what they have when they are merged: a survivor inherits, and enters nothing twice', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0, old = 0, other = 0] = await test.people(workspace, 3)
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    for (const profile of [old, other]) await test.event(workspace, profile)
    await test.event(workspace, ann, { name: 'Product Viewed' })
    await station.evaluate({ workspace })
    await test.merge(workspace, ann, old)
    expect((await station.evaluate({ workspace, profiles: [ann] })).transitions).toEqual([])
    expect((await station.evaluate({ workspace })).transitions).toEqual([])
    await test.merge(workspace, ann, other)
    expect((await station.evaluate({ workspace, profiles: [other] })).transitions).toEqual([])
    expect(await test.members(workspace, 'buyers')).toEqual([ann])
    expect(await station.verdict({ workspace, profile: old, rule: ordersAtLeast(2) })).toEqual({ holds: true })
    expect((await station.standing(workspace, old)).segments.map(({ segment }) => segment)).toEqual(['buyers'])
  })

  it('are the same for some and for all, also with events of the future and without any', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0, bob = 0, cid = 0] = await test.people(workspace, 3)
    await putRule(station, workspace, 'all', { always: true })
    await putRule(station, workspace, 'idle', { event: 'Order Completed', measure: 'count', eq: 0 })
    await test.event(workspace, ann)
    await test.event(workspace, bob, { timestamp: new Date(test.clock.now().getTime() + 365 * DAY) })
    await station.evaluate({ workspace, profiles: [ann, bob, cid] })
    expect(await Promise.all(['all', 'idle'].map((segment) => test.members(workspace, segment)))).toEqual([[ann], []])
    expect((await station.evaluate({ workspace })).transitions).toEqual([])
    expect(await station.preview({ workspace, rule: { always: true } })).toMatchObject({ ok: true, size: 1 })
  })

  it('come in portions, each at one instant', async () => {
    const station = test.station({ portion: 3 })
    const workspace = await test.workspace()
    const everybody = await test.people(workspace, 8)
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    for (const profile of everybody) await test.event(workspace, profile)
    const { transitions } = await station.evaluate({ workspace })
    expect(transitions.map(({ entered }) => entered.length)).toEqual([3, 3, 2])
    expect(new Set(transitions.map(({ at }) => at.getTime())).size).toBe(3)
    expect(await test.members(workspace, 'buyers')).toEqual(everybody)
  })
})

describe('what is given up', () => {
  it('ends when it is retired: members leave, values go, and it may come back', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    await station.putTag(workspace, measured('orders', { event: 'Order Completed', measure: 'count' }))
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    await putRule(station, workspace, 'many', { tag: 'orders', gte: 1 })
    await test.event(workspace, ann)
    await station.evaluate({ workspace })
    expect(await station.retireTag(workspace, 'orders')).toEqual({
      ok: false,
      problems: [{ path: 'key', message: 'segment many needs tag orders' }],
    })
    for (const key of ['many', 'buyers', 'buyers']) expect(await station.retireSegment(workspace, key)).toEqual({ ok: true })
    expect(await station.retireTag(workspace, 'orders')).toEqual({ ok: true })
    expect(await station.retireTag(workspace, 'never-was')).toBeUndefined()
    expect(await station.standing(workspace, ann)).toEqual({ tags: {}, segments: [] })
    await station.evaluate({ workspace })
    expect(await test.feed(workspace)).toEqual([`+buyers ${ann}`, `+many ${ann}`, `-many ${ann}`, `-buyers ${ann}`])
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    expect(await test.members(workspace, 'buyers')).toEqual([ann])
  })

  it('ends with the next full evaluation where nobody could do it then, in whatever order retiring and evaluating come', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    const buyers = await station.definitions.segment(workspace, 'buyers')
    await test.event(workspace, ann)
    await station.evaluate({ workspace })
    await test.store.in(workspace).definitions.segments.retire('buyers')
    if (buyers === undefined) throw new Error('the segment was put')
    await station.evaluate({ workspace, only: buyers })
    expect(await test.members(workspace, 'buyers')).toEqual([])
    await station.evaluate({ workspace })
    expect(await test.feed(workspace)).toEqual([`+buyers ${ann}`, `-buyers ${ann}`])
  })

  it('may be a preset, and stays while only its plugin is away', async () => {
    const [station, workspace] = [test.station({ taggers: test.taggersWithRfm }), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    await test.event(workspace, ann, { properties: { revenue: 5 } })
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    await station.evaluate({ workspace })
    const tags = Object.keys(await test.values(workspace, ann))
    expect(tags).toContain('rfm.tier')
    await test.station({ taggers: new Map(), segmenters: new Map() }).evaluate({ workspace })
    expect(Object.keys(await test.values(workspace, ann))).toEqual(tags)
    expect(await test.members(workspace, 'buyers')).toEqual([ann])
    expect(await station.retireTag(workspace, 'rfm')).toEqual({ ok: true })
    expect(await test.values(workspace, ann)).toEqual({})
    expect(await station.definitions.tag(workspace, 'rfm.tier')).toBeUndefined()
    expect(await station.putTag(workspace, { key: 'rfm', kind: 'tiers', label: { en: 'RFM' }, definition: { big: 1 } })).toMatchObject({
      ok: true,
    })
    await station.evaluate({ workspace })
    expect(await test.values(workspace, ann)).toEqual({ rfm: 'big' })
  })

  it('ends what a definition made before it was changed', async () => {
    const [station, workspace] = [test.station({ taggers: test.taggersWithRfm }), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    await test.event(workspace, ann, { properties: { revenue: 5 } })
    await station.evaluate({ workspace })
    await putRule(station, workspace, 'champions', { tag: 'rfm.tier', exists: true })
    const changed = { key: 'rfm', kind: 'tiers', label: { en: 'RFM' }, definition: { big: 1 } }
    expect(await station.putTag(workspace, changed)).toMatchObject({
      problems: [{ path: 'definition', message: 'no longer makes tag rfm.tier, which segment champions needs' }],
    })
    await station.retireSegment(workspace, 'champions')
    const put = await station.putTag(workspace, changed)
    if (!put.ok) throw new Error(JSON.stringify(put))
    await station.evaluate({ workspace, only: put.live })
    expect(await test.values(workspace, ann)).toEqual({ rfm: 'big' })
  })
})
