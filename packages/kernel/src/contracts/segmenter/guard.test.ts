import { describe, expect, it } from 'vitest'
import type { ConfigSchema } from '../../plugin/config.ts'
import { guardTools } from '../guard-tools.fixture.ts'
import { allOf } from '../suite/pages.ts'
import { sampleDay, sampleLongContext } from '../suite/sample-context.ts'
import { sampleHistory } from '../suite/sample-history.ts'
import type { Assignment, Segmenter, SegmentPlan } from './contract.ts'
import { guardSegmenter } from './guard.ts'

const segments = ['aipl.aware', 'aipl.loyal'].map((key) => ({ key, label: { en: key } }))
const model: SegmentPlan = { how: 'model', segments, fits: false, every: '1d', exclusive: true }
const aware: Assignment = { profile: 1, segment: 'aipl.aware', score: 1, reasons: [] }
const request = { key: 'aipl', label: { en: 'AIPL' }, definition: {} }

const segmenterOf = (plan: unknown, pages: readonly unknown[] = []): Segmenter => ({
  kind: 'evil',
  definition: {} as ConfigSchema,
  presets: [],
  plan: () => plan as SegmentPlan,
  async *assign() {
    for (const page of pages) yield page as readonly Assignment[]
  },
})

const membersOf = (pages: readonly unknown[], profiles?: readonly number[], plan: SegmentPlan = model) => {
  const asked = { ...request, model: undefined, history: sampleHistory({ people: 3 }), asOf: sampleDay() }
  const guarded = guardSegmenter(segmenterOf(plan, pages), guardTools())
  return allOf(guarded.assign?.(profiles === undefined ? asked : { ...asked, profiles }, sampleLongContext()))
}

describe('the guard of segments', () => {
  it('passes what is right', async () => {
    expect(guardSegmenter(segmenterOf(model), guardTools()).plan(request)).toEqual(model)
    expect(await membersOf([[aware], [{ ...aware, profile: 2, segment: 'aipl.loyal' }]])).toHaveLength(2)
    expect(await membersOf([[aware, { ...aware, segment: 'aipl.loyal' }]], [1], { ...model, exclusive: false })).toHaveLength(2)
  })

  it.each<[string, unknown]>([
    ['nothing', null],
    ['no way', { how: 'magic' }],
    ['no rule', { how: 'rule', segment: { key: 'aipl', label: { en: 'A' } } }],
    ['a segment of another key', { how: 'rule', segment: { key: 'vip', label: { en: 'A' } }, rule: { always: true } }],
    ['no label', { how: 'rule', segment: { key: 'aipl', label: {} }, rule: { always: true } }],
    ['two segments of one key', { ...model, segments: [...segments, ...segments] }],
    ['a model that it can not fit', { ...model, fits: true }],
  ])('refuses a plan with %s', (_what, plan) => {
    expect(() => guardSegmenter(segmenterOf(plan), guardTools()).plan(request)).toThrow('violation in plan')
  })

  it.each<[string, unknown]>([
    ['no list', aware],
    ['nobody', [{ ...aware, profile: -1 }]],
    ['an undeclared segment', [{ ...aware, segment: 'aipl.other' }]],
    ['a score beyond 1', [{ ...aware, score: 1.1 }]],
    ['a score that is no number', [{ ...aware, score: Number.NaN }]],
    ['both of two that exclude each other', [aware, { ...aware, segment: 'aipl.loyal' }]],
  ])('refuses a page with %s', async (_what, page) => {
    await expect(membersOf([page])).rejects.toThrow('violation in assign')
  })

  it('refuses people that nobody asked for', async () => {
    await expect(membersOf([[{ ...aware, profile: 2 }]], [1])).rejects.toThrow('nobody asked')
  })
})
