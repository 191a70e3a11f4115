import { isDeepStrictEqual } from 'node:util'
import type { Measure, ProfileId, TagValue } from '@tenon/kernel/contracts'
import { parseMeasure, parseRule } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migratedAnalytics } from '../analytics.fixture.ts'
import { type Engine, openEngine } from '../engine/engine.ts'
import { bindWorkspace } from '../engine/workspace-query.ts'
import type { Fragment } from '../sources.ts'
import { compileMeasures, compileRules, type LiveRule } from './compile.ts'
import { decodeMeasured } from './decode.ts'
import { type HistoricEvent, type Instant, measureValues, type PersonHistory, toldBy, truthOf } from './reference.fixture.ts'
import { anyEvent, anyMeasure, anyRule, anyTagValue, NOW, SEGMENTS, TAGS } from './rules.fixture.ts'

const db = migratedAnalytics()
let engine: Engine
beforeAll(() => {
  engine = openEngine({ clickhouseUrl: db.clickhouseUrl })
})
afterAll(() => engine.close())

const MERGED = 1_000

/** A person with a history, some of it stored under an id that was merged later. */
interface Person extends PersonHistory {
  readonly merged: readonly boolean[]
}

const anyPerson = (profile: ProfileId): fc.Arbitrary<Person> =>
  fc.record({
    profile: fc.constant(profile),
    events: fc.array(anyEvent, { maxLength: 7 }),
    tags: fc.dictionary(fc.constantFrom(...TAGS), anyTagValue, { maxKeys: 4, noNullPrototype: true }),
    segments: fc.subarray(SEGMENTS),
    merged: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
  })

const people = fc.tuple(...[1, 2, 3, 4, 5, 6, 7, 8].map(anyPerson))

const consents = new Map([
  ['marketing', { default: false, exceptions: [1, 2, 5] }],
  ['profile', { default: true, exceptions: [3] }],
])

const asOf = new Date(NOW)
const before = new Date(NOW - 1_000)

const stored = (workspace: string, profile: ProfileId, event: HistoricEvent) => ({
  ...event,
  workspace,
  profile,
  batch: 1,
  source: 'web',
  type: 'track' as const,
  identifiers: [],
  context: {},
})

async function store(workspace: string, crowd: readonly Person[]): Promise<void> {
  const rows = crowd.flatMap(({ profile, events, merged }) =>
    events.map((event, index) => stored(workspace, merged[index] === true ? profile + MERGED : profile, event)),
  )
  await db.store.insertEvents(rows, { token: `events of ${workspace}` })
  await db.store.insertOverrides(crowd.map(({ profile }) => ({ workspace, old: profile + MERGED, into: profile, version: profile })))
  const here = db.store.in(workspace)
  for (const tag of TAGS) {
    const values = crowd.flatMap(({ profile, tags }) => (tags[tag] === undefined ? [] : [{ profile, value: tags[tag] }]))
    await here.tagValues.record({ tag, rows: values, asOf: before, evaluation: 'one' })
  }
  for (const segment of SEGMENTS) {
    const enter = crowd.filter(({ segments }) => segments.includes(segment)).map(({ profile }) => profile)
    await here.transitions.record({ segment, enter, exit: [], at: before, evaluation: 'one' })
  }
}

const run = <Row>(workspace: string, { sql, params }: Fragment): Promise<readonly Row[]> =>
  bindWorkspace(engine, workspace).rows<Row>({ operation: 'rules under test', sql, params: params as Readonly<Record<string, string>> })

async function matchedBy(workspace: string, rules: readonly LiveRule[], options: { zone: string; profiles?: readonly ProfileId[] }) {
  const rows = await run<{ profile: number; matched: readonly number[] }>(workspace, compileRules({ rules, asOf, consents, ...options }))
  return new Map(rows.map(({ profile, matched }) => [profile, matched]))
}

const SHARED = ['live.first', 'live.second']
const live = fc
  .tuple(anyRule(), anyRule(SHARED.slice(0, 1)), fc.array(anyRule(SHARED), { minLength: 22, maxLength: 22 }))
  .map(([first, second, others]): readonly LiveRule[] => [
    { key: 'first', rule: first, segment: 'live.first' },
    { key: 'second', rule: second, segment: 'live.second' },
    ...others.map((rule, index) => ({ key: `rule-${index}`, rule })),
  ])

const zone = fc.constantFrom('UTC', 'Asia/Shanghai')

/** Each run is a world of its own on the engine: too slow to shrink. More of them: `TENON_RULE_RUNS=200`. */
const runs = { numRuns: Number(process.env.TENON_RULE_RUNS ?? 6), endOnFailure: true }

let worlds = 0

describe('the compiler and the reference evaluator', () => {
  it(
    'select the same people by the same rules, in batch and for asked profiles',
    async () => {
      await fc.assert(
        fc.asyncProperty(people, people, live, zone, async (crowd, strangers, rules, where) => {
          const workspace = `rules-${worlds++}`
          await store(workspace, crowd)
          await store(`${workspace}-other`, strangers)
          const at: Instant = {
            asOf,
            zone: where,
            consents,
            defined: new Map(rules.flatMap(({ segment, rule }) => (segment === undefined ? [] : [[segment, rule]]))),
          }
          for (const { rule } of rules) expect(parseRule(rule)).toEqual({ ok: true, rule })

          const everybody = await matchedBy(workspace, rules, { zone: where })
          const asked = await matchedBy(workspace, rules, { zone: where, profiles: [1, 2, 3, 4 + MERGED, 99] })
          for (const person of crowd.map((one) => toldBy(one, at))) {
            const expected = rules.flatMap(({ rule }, index) => (truthOf(rule, person, at) === true ? [index] : []))
            const exists = person.events.length > 0
            const found = everybody.get(person.profile) ?? []
            explain(found, exists ? expected : [], rules, person)
            if (person.profile <= 4) explain(asked.get(person.profile) ?? [], expected, rules, person)
            else expect(asked.has(person.profile)).toBe(false)
          }
        }),
        runs,
      )
    },
    runs.numRuns * 20_000,
  )

  it(
    'measure the same values',
    async () => {
      const measures = fc.array(anyMeasure, { minLength: 24, maxLength: 24 })
      await fc.assert(
        fc.asyncProperty(people, measures, zone, async (crowd, list, where) => {
          const workspace = `measures-${worlds++}`
          await store(workspace, crowd)
          const at: Instant = { asOf, zone: where, consents, defined: new Map() }
          for (const measure of list) expect(parseMeasure(measure)).toEqual({ ok: true, measure })
          const named = Object.fromEntries(list.map((measure, index) => [`m${index}`, measure]))
          const rows = await run<{ profile: number; values: readonly string[] }>(
            workspace,
            compileMeasures({ measures: named, asOf, zone: where }),
          )
          const found = new Map(rows.map(({ profile, values }) => [profile, decodeMeasured(named, values)]))
          for (const person of crowd.map((one) => toldBy(one, at))) {
            const values = found.get(person.profile)
            expect(values !== undefined).toBe(person.events.length > 0)
            for (const [key, measure] of Object.entries(named)) {
              const expected = values === undefined ? undefined : tagValueOf(measure, person, at)
              if (isDeepStrictEqual(values?.[key], expected)) continue
              expect({ measure, person, value: values?.[key] }).toEqual({ measure, person, value: expected })
            }
          }
        }),
        runs,
      )
    },
    runs.numRuns * 20_000,
  )
})

/** Fails with the rule and the history that they disagree about. */
function explain(found: readonly number[], expected: readonly number[], rules: readonly LiveRule[], person: PersonHistory): void {
  const wrong = rules.map((_, index) => index).find((index) => found.includes(index) !== expected.includes(index))
  if (wrong === undefined) return
  expect({ rule: rules[wrong]?.rule, person, selected: found.includes(wrong) }).toEqual({
    rule: rules[wrong]?.rule,
    person,
    selected: expected.includes(wrong),
  })
}

/** As `decodeMeasured` gives it. */
function tagValueOf(measure: Measure, person: PersonHistory, at: Instant): TagValue | undefined {
  const values = measureValues(measure, person, at)
  const isDate =
    'measure' in measure && typeof measure.measure === 'object' && 'nth' in measure.measure && measure.measure.of === 'timestamp'
  if ('trait' in measure && measure.trait.includes('[]')) {
    const scalars = values.filter((value) => typeof value !== 'object')
    return scalars.every((value) => typeof value === 'string') ? scalars : undefined
  }
  const [value] = values
  if (isDate && typeof value === 'string') return new Date(value)
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string') ? value : undefined
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}
