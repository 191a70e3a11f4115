import { describe, expect, it } from 'vitest'
import type { ConfigSchema } from '../../plugin/config.ts'
import { guardTools } from '../guard-tools.fixture.ts'
import { allOf } from '../suite/pages.ts'
import { sampleDay, sampleLongContext } from '../suite/sample-context.ts'
import { sampleHistory } from '../suite/sample-history.ts'
import type { Tagger, TagModelValue, TagPlan } from './contract.ts'
import { guardTagger } from './guard.ts'

const tag = { key: 'rfm.tier', label: { en: 'Tier' }, type: 'string', values: [{ value: 'gold', label: { en: 'Gold' } }] } as const
const model: TagPlan = { how: 'model', tags: [tag], fits: false, every: '1d' }
const gold: TagModelValue = { profile: 1, tag: 'rfm.tier', value: 'gold', reasons: [] }
const request = { key: 'rfm', label: { en: 'RFM' }, definition: {} }

const taggerOf = (plan: unknown, pages: readonly unknown[] = []): Tagger => ({
  kind: 'evil',
  definition: {} as ConfigSchema,
  presets: [],
  plan: () => plan as TagPlan,
  async *value() {
    for (const page of pages) yield page as readonly TagModelValue[]
  },
})

const valuesOf = (pages: readonly unknown[], profiles?: readonly number[]) => {
  const asked = { ...request, model: undefined, history: sampleHistory({ people: 3 }), asOf: sampleDay() }
  const guarded = guardTagger(taggerOf(model, pages), guardTools())
  return allOf(guarded.value?.(profiles === undefined ? asked : { ...asked, profiles }, sampleLongContext()))
}

describe('the guard of tags', () => {
  it('passes what is right', async () => {
    expect(guardTagger(taggerOf(model), guardTools()).plan(request)).toEqual(model)
    expect(await valuesOf([[gold], [{ ...gold, profile: 2 }]])).toHaveLength(2)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no way', { how: 'magic' }],
    ['a tag of another key', { ...model, tags: [{ ...tag, key: 'other' }] }],
    ['a key that only begins alike', { ...model, tags: [{ ...tag, key: 'rfmx' }] }],
    ['a tag twice', { ...model, tags: [tag, tag] }],
    ['no tags', { ...model, tags: [] }],
    ['an unknown type', { ...model, tags: [{ ...tag, type: 'colour' }] }],
    ['no interval', { ...model, every: 'often' }],
    ['a model that it can not fit', { ...model, fits: true }],
    ['a case of another type', { how: 'cases', tag, cases: [{ when: { always: true }, value: 3 }] }],
    ['a case that it does not declare', { how: 'cases', tag, cases: [{ when: { always: true }, value: 'silver' }] }],
  ])('refuses a plan with %s', (_what, plan) => {
    expect(() => guardTagger(taggerOf(plan), guardTools()).plan(request)).toThrow('violation in plan')
  })

  it.each<[string, unknown]>([
    ['no list', gold],
    ['nobody', [{ ...gold, profile: 0 }]],
    ['an undeclared tag', [{ ...gold, tag: 'rfm.other' }]],
    ['an undeclared value', [{ ...gold, value: 'silver' }]],
    ['a value of another type', [{ ...gold, value: 1 }]],
    ['a tag twice', [gold, gold]],
    ['no reasons', [{ ...gold, reasons: undefined }]],
  ])('refuses a page with %s', async (_what, page) => {
    await expect(valuesOf([page])).rejects.toThrow('violation in value')
  })

  it('refuses people that nobody asked for, and a second value of an asked one on a later page', async () => {
    await expect(valuesOf([[{ ...gold, profile: 2 }]], [1])).rejects.toThrow('nobody asked')
    await expect(valuesOf([[gold], [gold]], [1])).rejects.toThrow('twice')
  })

  it('refuses a model that is no bytes, or has no quality', async () => {
    const evil: Tagger = { ...taggerOf(model), fit: async () => ({ model: new Uint8Array(), quality: { auc: Number.NaN } }) }
    const asked = { ...request, history: sampleHistory({ people: 1 }), asOf: sampleDay(), seed: 1 }
    await expect(guardTagger(evil, guardTools()).fit?.(asked, sampleLongContext())).rejects.toThrow('violation in fit')
  })
})
