import { type SegmenterSubject, segmenterConformance } from '@tenon/kernel/conformance'
import { describe, expect, it } from 'vitest'
import { rulesConfig } from './config.ts'
import { rulesDefinition } from './definition.ts'
import { rulesSegmenter } from './rules-segmenter.ts'

const loyal = { rule: { v: 1, event: 'Order Completed', measure: 'count', gte: 2, within: { last: '30d' } } }

const subject: SegmenterSubject = {
  segmenter: rulesSegmenter(rulesConfig.parse({})),
  definition: loyal,
  badDefinitions: [{}, { rule: null }, { rule: { trait: 'city' } }, { rule: { always: true }, extra: 1 }, { rule: { v: 9, always: true } }],
}

describe('the segmenter contract', () => {
  for (const [name, run] of Object.entries(segmenterConformance)) it(name, () => run(subject))
})

describe('definitions', () => {
  it('are refused with each problem at its place', () => {
    const read = rulesDefinition.safeParse({
      rule: {
        and: [
          { trait: 'a', eq: 1 },
          { event: 'A', measure: 'count', gte: '2', wher: [] },
        ],
      },
    })
    expect(read.error?.issues.map(({ path, message }) => [path, message])).toEqual([
      [['rule', 'and', 1, 'wher'], "unknown key; did you mean 'where'?"],
      [['rule', 'and', 1, 'gte'], 'expected a number, got a string'],
    ])
  })

  it('are refused where a key is __proto__', () => {
    expect(rulesDefinition.safeParse(JSON.parse('{"rule": {"always": true, "__proto__": {}}}')).success).toBe(false)
  })

  it('print a JSON Schema that asks for the rule', () => {
    expect(rulesDefinition['~standard'].jsonSchema.input({ target: 'draft-2020-12' })).toMatchObject({
      type: 'object',
      properties: { rule: { type: 'object', title: 'Rule' } },
      additionalProperties: false,
    })
  })
})

describe('presets', () => {
  it('come from the configuration, with their rule checked', () => {
    const preset = { key: 'loyal', label: { en: 'Loyal', zh: '忠诚' }, definition: loyal }
    expect(rulesSegmenter(rulesConfig.parse({ presets: [preset] })).presets).toEqual([preset])
    expect(rulesConfig.safeParse({ presets: [{ ...preset, definition: { rule: {} } }] }).success).toBe(false)
  })
})
