import { parseRule, type Rule } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, token } from '../analytics.fixture.ts'
import { openEngine } from '../engine/engine.ts'
import { bindWorkspace } from '../engine/workspace-query.ts'
import { bucketOf } from './bucket.ts'
import { compileMeasures, compileRules, type Evaluation, type LiveRule } from './compile.ts'
import { decodeMeasured } from './decode.ts'
import { RuleConsentUnknown, RuleSegmentCycle, RuleUnsupported, RuleZoneUnknown } from './errors.ts'
import { mayHoldWithoutEvidence } from './evidence.ts'

const db = migratedAnalytics()
const asOf = new Date('2026-06-15T12:00:00Z')

const live = (...rules: readonly Rule[]): readonly LiveRule[] => rules.map((rule, index) => ({ key: `rule-${index}`, rule }))

async function run<Row>(workspace: string, { sql, params }: ReturnType<typeof compileRules>): Promise<readonly Row[]> {
  const engine = openEngine({ clickhouseUrl: db.clickhouseUrl })
  try {
    return await bindWorkspace(engine, workspace).rows<Row>({ operation: 'rules', sql, params })
  } finally {
    await engine.close()
  }
}

const matched = async (workspace: string, rules: readonly LiveRule[], options: Partial<Evaluation> = {}) => {
  const rows = await run<{ profile: number; matched: readonly number[] }>(workspace, compileRules({ rules, asOf, ...options }))
  return Object.fromEntries(rows.map((row) => [row.profile, row.matched]))
}

const on = (day: number) => new Date(Date.UTC(2026, 5, day))

/** Text that means something to SQL, to parameters, to JSON, or to the formats on the way. */
const hostile = [
  `'; DROP TABLE events; --`,
  `' OR 1=1 --`,
  `") OR 1=1 --`,
  `{p0:String}`,
  `{workspace:String}`,
  `\\`,
  `\\'`,
  `\\N`,
  `a\tb\nc\rd\0e`,
  `/* */ -- #`,
  '`x`',
  `$\u{1F600}杭州`,
  `%27%20OR`,
  `[]]`,
  `??`,
  `{{x}}`,
]

/** Rules that hold for whom it is written all over. */
const rulesAbout = (text: string, key: string): readonly LiveRule[] =>
  live(
    { event: text, measure: 'count', eq: 1 },
    { event: text, measure: { last: key }, eq: text },
    { event: text, where: [{ property: key, contains: text }], measure: { distinct: `list[].${key}` }, eq: 1 },
    { event: text, where: [{ property: `list[].${key}`, in: ['other', text] }], measure: { top: key, n: 2 }, contains: text },
    { event: text, measure: 'count', eq: 0, within: { since: { event: text, where: [{ property: key, endsWith: text }] } } },
    { trait: `${key}.${key}`, startsWith: text },
    { trait: `${key}.${key}`, notIn: ['other'] },
    { tag: text, eq: text },
    { segment: text },
    { bucket: { salt: text, from: 0, to: 1 } },
  )

describe('compileRules', () => {
  it('takes hostile text for the text that it is, in every place', async () => {
    const keys = hostile.filter((text) => parseRule({ trait: text, exists: true }).ok)
    for (const [index, text] of hostile.entries()) {
      const workspace = db.workspace()
      const key = keys[index % keys.length] ?? 'x'
      const says = {
        name: text,
        timestamp: on(1),
        properties: { [key]: text, list: [{ [key]: text }] },
        traits: { [key]: { [key]: text } },
      }
      await db.store.insertEvents([event(workspace, 1, says), event(workspace, 2, { name: 'Other', timestamp: on(1) })], { token: token() })
      const here = db.store.in(workspace)
      await here.tagValues.record({ tag: text, rows: [{ profile: 1, value: text }], asOf: on(2), evaluation: '1' })
      await here.transitions.record({ segment: text, enter: [1], exit: [], at: on(2), evaluation: '1' })
      const rules = rulesAbout(text, key)
      const found = await matched(workspace, rules)
      expect({ text, found }).toEqual({ text, found: { 1: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2: [9] } })
      // What is in the text can not change the statement.
      const plain = rulesAbout('plain', key === text ? 'plain' : 'key')
      expect(compileRules({ rules, asOf }).sql).toBe(compileRules({ rules: plain, asOf }).sql)
    }
  })

  it('sees no other workspace', async () => {
    const [mine, yours] = [db.workspace(), db.workspace()]
    await db.store.insertEvents([event(mine, 1, { timestamp: on(1) }), event(yours, 2, { timestamp: on(1) })], { token: token() })
    expect(await matched(mine, live({ always: true }))).toEqual({ 1: [0] })
  })

  it('evaluates asked profiles without events, and everybody with one up to the instant', async () => {
    const workspace = db.workspace()
    await db.store.insertEvents([event(workspace, 1, { timestamp: on(1) }), event(workspace, 2, { timestamp: on(20) })], { token: token() })
    const never: Rule = { event: 'Order Completed', measure: 'count', eq: 0 }
    expect(await matched(workspace, live({ always: true }, never))).toEqual({ 1: [0, 1] })
    expect(await matched(workspace, live({ always: true }, never), { profiles: [2, 7] })).toEqual({ 2: [0, 1], 7: [0, 1] })
  })

  it('leaves out whom the population leaves out', async () => {
    const workspace = db.workspace()
    await db.store.insertEvents(
      [1, 2, 3].map((profile) => event(workspace, profile, { timestamp: on(1) })),
      { token: token() },
    )
    expect(await matched(workspace, live({ always: true }), { population: { default: true, exceptions: [2] } })).toEqual({ 1: [0], 3: [0] })
    expect(await matched(workspace, live({ always: true }), { population: { default: false, exceptions: [2] } })).toEqual({ 2: [0] })
  })

  it('sees the members of segments of the same scan as of the same instant', async () => {
    const workspace = db.workspace()
    await db.store.insertEvents(
      [event(workspace, 1, { timestamp: on(1) }), event(workspace, 2, { timestamp: on(1), traits: { vip: true } })],
      { token: token() },
    )
    const rules: readonly LiveRule[] = [
      { key: 'others', rule: { not: { segment: 'vip' } } },
      { key: 'vip', rule: { trait: 'vip', eq: true }, segment: 'vip' },
    ]
    expect(await matched(workspace, rules)).toEqual({ 1: [0], 2: [1] })
  })

  it('puts people into the share that the bucket function says', async () => {
    const workspace = db.workspace()
    const people = Array.from({ length: 200 }, (_, index) => index + 1)
    await db.store.insertEvents(
      people.map((profile) => event(workspace, profile, { timestamp: on(1) })),
      { token: token() },
    )
    const found = await matched(workspace, live({ bucket: { salt: 'exp-42', from: 0.25, to: 0.5 } }))
    const expected = people.filter((profile) => bucketOf('exp-42', profile) >= 0.25 && bucketOf('exp-42', profile) < 0.5)
    expect(Object.keys(found).map(Number)).toEqual(expected)
    expect(expected.length).toBeGreaterThan(25)
  })

  it('computes once what rules have in common', () => {
    const count: Rule = { event: 'A', where: [{ property: 'x.y', eq: 1 }], measure: 'count', gt: 1, within: { last: '7d' } }
    const one = compileRules({ rules: live(count), asOf })
    const hundred = compileRules({ rules: live(...Array.from({ length: 100 }, (_, gt): Rule => ({ ...count, gt }))), asOf })
    const times = (sql: string, part: string) => sql.split(part).length - 1
    expect(times(hundred.sql, 'countIf(')).toBe(times(one.sql, 'countIf('))
    expect(times(hundred.sql, 'JSONExtractRaw(')).toBe(1)
  })

  it('reads no more columns than the rules ask for', () => {
    const { sql } = compileRules({ rules: live({ event: 'A', measure: 'count', gt: 1 }), asOf })
    expect(sql.slice(0, sql.indexOf('UNION ALL') >= 0 ? sql.indexOf('UNION ALL') : undefined)).not.toMatch(
      /SELECT profile, [^(]*(properties|traits)[^(]* FROM \(SELECT/,
    )
    expect(sql).not.toContain('tag_values')
    expect(sql).not.toContain('segment_transitions')
  })

  it('says what it can not evaluate, and where', () => {
    const sequence: Rule = { and: [{ always: true }, { not: { sequence: [{ event: 'A' }, { event: 'B' }] } }] }
    const error = (make: () => unknown) => {
      try {
        return make()
      } catch (thrown) {
        return thrown
      }
    }
    const unsupported = error(() => compileRules({ rules: live(sequence), asOf }))
    expect(RuleUnsupported.is(unsupported) && unsupported.details).toMatchObject({ rule: 'rule-0', path: 'and[1].not.sequence' })
    const local: Rule = { event: 'A', measure: 'count', gt: 1, within: { days: 1, zone: 'profile' } }
    expect(RuleUnsupported.is(error(() => compileRules({ rules: live(local), asOf })))).toBe(true)
    expect(RuleConsentUnknown.is(error(() => compileRules({ rules: live({ consent: 'marketing' }), asOf })))).toBe(true)
    expect(RuleZoneUnknown.is(error(() => compileRules({ rules: live({ always: true }), asOf, zone: 'Moon/Base' })))).toBe(true)
    const cycle = error(() => compileRules({ rules: [{ key: 'a', rule: { segment: 'a' }, segment: 'a' }], asOf }))
    expect(RuleSegmentCycle.is(cycle) && cycle.details).toEqual({ segments: ['a', 'a'] })
  })

  it('answers for no rules with nobody, and for 500 conditions with an answer', async () => {
    const workspace = db.workspace()
    await db.store.insertEvents([event(workspace, 1, { timestamp: on(1), traits: { n: 490 } })], { token: token() })
    expect(await matched(workspace, [])).toEqual({})
    const wide: Rule = { or: Array.from({ length: 499 }, (_, eq): Rule => ({ trait: 'n', eq })) }
    expect(await matched(workspace, live(wide))).toEqual({ 1: [0] })
  })
})

describe('compileMeasures', () => {
  it('gives values with their types', async () => {
    const workspace = db.workspace()
    const order = (day: number, properties: Record<string, number | string | string[]>) =>
      event(workspace, 1, { name: 'Order', timestamp: on(day), properties, traits: { city: '杭州', likes: ['a', 'b'] } })
    await db.store.insertEvents(
      [order(1, { total: 0.1 }), order(14, { total: 0.2, kind: 'food' }), order(15, { kind: 'food', note: 'x' })],
      { token: token() },
    )
    const measures = {
      count: { event: 'Order', measure: 'count' },
      sum: { event: 'Order', measure: { sum: 'total' } },
      streak: { event: 'Order', measure: 'streak' },
      recency: { event: 'Order', measure: 'recency' },
      second: { event: 'Order', measure: { nth: 2, of: 'timestamp' } },
      favourites: { event: 'Order', measure: { top: 'kind', n: 3 } },
      favourite: { event: 'Order', measure: { top: 'kind' } },
      none: { event: 'Order', measure: { max: 'note' } },
      city: { trait: 'city' },
      likes: { trait: 'likes' },
      ratio: {
        ratio: [
          { event: 'Order', measure: { sum: 'total' } },
          { event: 'Order', measure: 'count' },
        ],
      },
    } as const
    const [row] = await run<{ profile: number; values: readonly string[] }>(workspace, compileMeasures({ measures, asOf }))
    expect(decodeMeasured(measures, row?.values ?? [])).toEqual({
      count: 3,
      sum: 0.3,
      streak: 2,
      recency: 43_200,
      second: on(14),
      favourites: ['food'],
      favourite: 'food',
      city: '杭州',
      likes: ['a', 'b'],
      ratio: 0.3 / 3,
    })
  })
})

describe('mayHoldWithoutEvidence', () => {
  it.each<[Rule, boolean]>([
    [{ always: true }, true],
    [{ event: 'A', measure: 'count', gte: 2 }, false],
    [{ event: 'A', measure: 'count', eq: 0 }, true],
    [{ not: { event: 'A', measure: 'count', gte: 2 } }, true],
    [{ event: 'A', measure: 'recency', gte: 2 }, false],
    [{ not: { event: 'A', measure: 'recency', gte: 2 } }, false],
    [{ event: 'A', measure: { max: 'x' }, exists: false }, true],
    [{ trait: 'x', eq: 1 }, false],
    [{ trait: 'x', exists: false }, true],
    [{ and: [{ always: true }, { trait: 'x', eq: 1 }] }, false],
    [{ or: [{ segment: 's' }, { trait: 'x', eq: 1 }] }, true],
    [{ not: { and: [{ always: true }, { event: 'A', measure: { sum: 'x' }, gt: 0 }] } }, true],
  ])('%j: %s', (rule, may) => {
    expect(mayHoldWithoutEvidence(rule)).toBe(may)
  })
})
