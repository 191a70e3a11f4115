import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyMeasure, anyRule } from '../../../test/rule-arbitrary.ts'
import { parseJson } from '../nouns/parse-json.ts'
import { parseMeasure, parseRule, printRule } from './parse.ts'

const problems = (json: unknown) => {
  const parsed = parseRule(json)
  return parsed.ok ? [] : parsed.problems
}

const nested = (levels: number, leaf: unknown): unknown => {
  let json = leaf
  for (let level = 0; level < levels; level++) json = { not: json }
  return json
}

describe('parseRule', () => {
  it('gives back every rule that was printed', () => {
    fc.assert(
      fc.property(anyRule(), (rule) => {
        expect(parseRule(parseJson(JSON.stringify(printRule(rule))))).toEqual({ ok: true, rule })
      }),
      { numRuns: 300 },
    )
  })

  it('gives back every measure that was printed', () => {
    fc.assert(
      fc.property(anyMeasure(), (measure) => {
        expect(parseMeasure(parseJson(JSON.stringify(printRule(measure))))).toEqual({ ok: true, measure })
      }),
      { numRuns: 300 },
    )
  })

  it('never throws, whatever part of a rule is replaced by something else', () => {
    const other = fc.oneof(
      fc.json().map((text): unknown => parseJson(text)),
      fc.constantFrom<unknown>(undefined, Number.NaN, -0, '\ud800', () => 1, Symbol.iterator),
    )
    fc.assert(
      fc.property(anyRule(), fc.nat(), other, (rule, position, replacement) => {
        const parsed = parseRule(replaceNth(rule, position, replacement))
        expect(parsed.ok || parsed.problems.length > 0).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('freezes what it gives, all the way down, and never the input', () => {
    const json = { and: [{ event: 'A', where: [{ property: 'x', in: [1, 2] }], measure: { sum: 'x' }, gt: 1, within: { last: '1d' } }] }
    const parsed = parseRule(json)
    expect(parsed.ok && allFrozen(parsed.rule)).toBe(true)
    expect(Object.isFrozen(json.and[0])).toBe(false)
  })

  it.each([
    [{ trait: 'city', eqq: 'Paris' }, 'eqq', /did you mean 'eq'\?/],
    [{ and: [{ trait: 'city', eq: 'Paris' }, { trait: 'city' }] }, 'and[1]', /needs a comparison/],
    [{ trait: 'city', eq: 'a', ne: 'b' }, '', /several comparisons \(eq, ne\)/],
    [{ trait: 'city', tag: 'x', eq: 1 }, '', /several rules at once/],
    [{ evnt: 'A', measure: 'count', gt: 1 }, 'evnt', /did you mean 'event'\?/],
    [{ event: 'A', measure: 'conut', gt: 1 }, 'measure', /expected 'count'/],
    [{ event: 'A', measure: { sum: 'a[' }, gt: 1 }, 'measure.sum', /is not a path/],
    [{ event: 'A', measure: { sum: 'a.__proto__.b' }, gt: 1 }, 'measure.sum', /must not name '__proto__'/],
    [{ event: 'A', measure: { top: 'a[].b', by: { sum: 'c[].d' } }, eq: 'x' }, 'measure.by.sum', /same list/],
    [{ event: 'A', measure: 'count', gt: 1, where: [{ property: 'x', same: 'a.b' }] }, 'where[0].same', /unknown key/],
    [{ event: 'A', measure: 'count', gt: 1, within: { last: '30x' } }, 'within.last', /expected a duration/],
    [{ event: 'A', measure: 'count', gt: 1, within: { last: '1d', days: 3 } }, 'within.days', /unknown key/],
    [{ event: 'A', measure: 'count', gt: 1, within: {} }, 'within', /needs one of/],
    [{ event: 'A', measure: 'count', gt: '1' }, 'gt', /expected a number, got a string/],
    [{ trait: 'x', before: '2026-02-30' }, 'before', /ISO 8601/],
    [{ trait: 'x', between: [2, 1] }, 'between', /must not be above/],
    [{ trait: 'x', in: [] }, 'in', /must not be empty/],
    [{ trait: 'x', in: ['a', { b: 1 }] }, 'in[1]', /expected a text/],
    [{ trait: 'x', eq: 'a'.repeat(1001) }, 'eq', /longer than 1000/],
    [{ trait: 'x', in: Array.from({ length: 10_001 }, () => 1) }, 'in', /more than 10000/],
    [{ trait: 'x', eq: '\ud800' }, 'eq', /well-formed/],
    [{ bucket: { salt: 's', from: 0.5, to: 0.5 } }, 'bucket', /0 ≤ from < to ≤ 1/],
    [{ consent: 'Marketing mail' }, 'consent', /expected a purpose/],
    [{ always: false }, 'always', /expected true/],
    [{ v: 2, always: true }, 'v', /version 1/],
    [{ and: [{ v: 1, always: true }] }, 'and[0].v', /unknown key/],
    [{ sequence: [{ event: 'A', as: 'end' }] }, 'sequence[0].as', /last step already/],
    [
      { sequence: [{ event: 'A' }, { event: 'B', where: [{ property: 'x', same: 'a.x' }] }] },
      'sequence[1].where[0].same',
      /no step before/,
    ],
    [{ sequence: [{ event: 'A', as: 'a' }], never: [{ event: 'B', between: ['end', 'a'] }] }, 'never[0].between', /must come before/],
    [[], '', /expected an object, got a list/],
    [null, '', /got null/],
  ])('names the place of what is wrong in %j', (json, path, message) => {
    expect(problems(json)).toContainEqual({ path, message: expect.stringMatching(message) })
  })

  it('takes __proto__ for the unknown key that it is', () => {
    const json: unknown = JSON.parse('{"always": true, "__proto__": {"event": "A"}}')
    expect(problems(json)).toContainEqual({ path: '__proto__', message: expect.stringMatching(/unknown key/) })
  })

  it('refuses what is nested deeper than 32 levels, and answers at a million levels', () => {
    expect(problems(nested(31, { always: true }))).toEqual([])
    expect(problems(nested(32, { always: true }))[0]?.message).toMatch(/deeper than 32/)
    expect(problems(nested(1_000_000, { always: true }))[0]?.message).toMatch(/deeper than 32/)
  })

  it('counts conditions: 500 pass, more do not', () => {
    const wide = (count: number) => ({ or: Array.from({ length: count }, () => ({ always: true })) })
    expect(problems(wide(499))).toEqual([])
    expect(problems(wide(500))).toContainEqual({ path: 'or[499]', message: expect.stringMatching(/more than 500/) })
  })

  it('reports at most a hundred problems', () => {
    expect(problems({ or: Array.from({ length: 400 }, () => ({ nonsense: 1 })) })).toHaveLength(100)
  })
})

/** The same tree with its nth value, counted from the root, replaced. */
function replaceNth(tree: unknown, position: number, replacement: unknown): unknown {
  let total = 0
  const count = (value: unknown): void => {
    total += 1
    if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) count(inner)
  }
  count(tree)
  let left = position % total
  const walk = (value: unknown): unknown => {
    if (left-- === 0) return replacement
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]))
  }
  return walk(tree)
}

const allFrozen = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(allFrozen))
