import type { Rule, Tagger } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineRule, ordersAtLeast, world } from '../audience.fixture.ts'

const test = world()
const label = { en: 'Some' }
const json = (value: object) => JSON.parse(JSON.stringify(value))

describe('a definition', () => {
  it('is refused with every problem, where it is', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const put = (input: object) => station.putSegment(workspace, { key: 'vip', kind: 'rules', label, definition: {}, ...input })
    expect(await put({ key: 'No Key', kind: 'magic' })).toEqual({
      ok: false,
      problems: [
        { path: 'key', message: expect.stringContaining('dotted lower case') },
        { path: 'kind', message: "no plugin brings the kind 'magic'; there is rules" },
      ],
    })
    const bad = { and: [{ always: true }, { event: 'X', measure: 'count', gte: 'much' }] }
    expect(await put({ definition: { rule: bad } })).toMatchObject({
      problems: [{ path: expect.stringMatching(/^definition\.rule\.and\[1\]/) }],
    })
    expect(await put({ definition: { rule: json({ and: [{ tag: 'no.tag', eq: 1 }, { segment: 'no-segment' }] }) } })).toEqual({
      ok: false,
      problems: [
        { path: 'definition', message: 'refers to tag no.tag, which does not exist' },
        { path: 'definition', message: 'refers to segment no-segment, which does not exist' },
      ],
    })
    const sequence = { sequence: [{ event: 'A' }, { event: 'B' }], within: { last: '1d' } }
    expect(await put({ definition: { rule: sequence } })).toMatchObject({
      problems: [{ path: 'definition', message: expect.stringContaining('sequence') }],
    })
    expect(await station.definitions.live(workspace)).toEqual([])
  })

  it('may not ask about a purpose that no policy knows', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const put = (rule: object) => station.putSegment(workspace, { key: 'ok', kind: 'rules', label, definition: { rule: json(rule) } })
    expect(await put({ not: { consent: 'marketng' } })).toEqual({
      ok: false,
      problems: [{ path: 'definition', message: expect.stringMatching(/'marketng', which no consent policy knows; there is .*marketing/) }],
    })
    expect(await put({ consent: 'marketing.email' })).toMatchObject({ ok: true })
  })

  it('is not previewed where it names what is not there, and hears where', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const rule = { and: [{ segment: 'none' }, { or: [{ tag: 'no.tag', eq: 1 }, { not: { consent: 'marketng' } }] }] } as const
    expect(await station.preview({ workspace, rule })).toEqual({
      ok: false,
      problems: [
        { path: 'and[0]', message: 'refers to segment none, which does not exist' },
        { path: 'and[1].or[0]', message: 'refers to tag no.tag, which does not exist' },
        { path: 'and[1].or[1].not', message: expect.stringContaining("'marketng'") },
      ],
    })
  })

  it('stays while another station names it, and is kept for who is about to', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    await defineRule(station, workspace, 'vip', ordersAtLeast(1))
    const rule = { not: { segment: 'vip' } } as const
    const benefits = new Map<string, Rule>()
    station.namedBy(async (asked) =>
      asked === workspace ? [...benefits].map(([key, each]) => ({ by: `benefit ${key}`, rule: each })) : [],
    )
    const { promise: written, resolve: write } = Promise.withResolvers<void>()
    const keeping = station.referring({
      workspace,
      rule,
      keep: async () => {
        await written
        benefits.set('spring', rule)
        return 'kept'
      },
    })
    const retiring = station.retireSegment(workspace, 'vip')
    write()
    expect(await keeping).toEqual({ ok: true, value: 'kept' })
    expect(await retiring).toEqual({ ok: false, problems: [{ path: 'key', message: 'benefit spring needs segment vip' }] })
    benefits.clear()
    expect(await station.retireSegment(workspace, 'vip')).toEqual({ ok: true })
    expect(await station.referring({ workspace, rule, keep: async () => 'kept' })).toEqual({
      ok: false,
      problems: [{ path: 'not', message: 'refers to segment vip, which does not exist' }],
    })
  })

  it('may not go round to itself, and the way round is named', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    await defineRule(station, workspace, 'a', ordersAtLeast(1))
    await defineRule(station, workspace, 'b', { segment: 'a' })
    await defineRule(station, workspace, 'c', { not: { segment: 'b' } })
    expect(await station.putSegment(workspace, { key: 'a', kind: 'rules', label, definition: { rule: { segment: 'c' } } })).toEqual({
      ok: false,
      problems: [{ path: 'definition', message: 'goes round in a circle: segment:a → segment:c → segment:b → segment:a' }],
    })
    expect(await station.putSegment(workspace, { key: 'me', kind: 'rules', label, definition: { rule: { segment: 'me' } } })).toMatchObject(
      {
        problems: [{ message: 'goes round in a circle: segment:me → segment:me' }],
      },
    )
  })

  it('changes only the version that was seen', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const put = (rule: object, ifVersion?: number) =>
      station.putSegment(workspace, {
        key: 'vip',
        kind: 'rules',
        label,
        definition: { rule: json(rule) },
        ...(ifVersion === undefined ? {} : { ifVersion }),
      })
    expect(await put(ordersAtLeast(1), 1)).toEqual({ ok: false, version: 0 })
    expect(await put(ordersAtLeast(1), 0)).toMatchObject({ ok: true, changed: true, live: { version: 1 } })
    expect(await put(ordersAtLeast(1))).toMatchObject({ ok: true, changed: false, live: { version: 1 } })
    expect(await put(ordersAtLeast(2), 0)).toEqual({ ok: false, version: 1 })
    const both = await Promise.all([2, 3].map((count) => put(ordersAtLeast(count), 1)))
    expect(both.map(({ ok }) => ok).toSorted()).toEqual([false, true])
  })

  it('takes no name that another makes, and may take that of a preset', async () => {
    const station = test.station({ taggers: test.taggersWithRfm })
    const workspace = await test.workspace()
    const measure = { measure: { event: 'A', measure: 'count' } }
    expect(await station.putTag(workspace, { key: 'rfm.tier', kind: 'measure', label, definition: measure })).toEqual({
      ok: false,
      problems: [{ path: 'key', message: 'tag rfm.tier is made by another definition' }],
    })
    expect((await station.definitions.tag(workspace, 'rfm.tier'))?.key).toBe('rfm')
    expect(await station.putTag(workspace, { key: 'rfm', kind: 'measure', label, definition: measure, ifVersion: 0 })).toMatchObject({
      ok: true,
    })
    expect(await station.putTag(workspace, { key: 'rfm.tier', kind: 'measure', label, definition: measure })).toMatchObject({ ok: true })
    expect((await station.definitions.live(workspace)).map(({ key, version }) => `${key}@${version}`)).toEqual(['rfm@1', 'rfm.tier@1'])
  })

  it('that its own plugin refuses is a problem of the definition', async () => {
    const strict: Tagger = {
      ...{ kind: 'strict', definition: z.looseObject({}), presets: [] },
      plan: () => {
        throw new Error('never')
      },
    }
    const station = test.station({ taggers: new Map([['strict', strict]]) })
    const workspace = await test.workspace()
    expect(await station.putTag(workspace, { key: 'x', kind: 'strict', label, definition: {} })).toEqual({
      ok: false,
      problems: [{ path: 'definition', message: 'its plugin refuses it: never' }],
    })
  })
})

it('refuses two plugins of one kind', async () => {
  const [first] = test.taggersWithRfm.values()
  if (first === undefined) throw new Error('there are taggers')
  expect(() =>
    test.station({
      taggers: new Map([
        ['one', first],
        ['two', first],
      ]),
    }),
  ).toThrow(expect.objectContaining({ code: 'TENON_KIND_AMBIGUOUS' }))
})
