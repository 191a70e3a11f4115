import { measureType, type Properties, parseMeasure, printRule, type Tagger } from '@tenon/kernel/contracts'
import type { MeasureConfig } from './config.ts'
import { measureDefinition } from './definition.ts'

/** Tags by measure: the station computes the values with the rule compiler, the same in batch and in real time. */
export function measureTagger(config: MeasureConfig): Tagger {
  return Object.freeze({
    kind: 'measure',
    definition: measureDefinition,
    presets: Object.freeze(
      config.presets.map(({ key, label, definition: { measure, type } }) =>
        Object.freeze({ key, label, definition: { measure: printRule(measureOf(key, measure)), ...(type === undefined ? {} : { type }) } }),
      ),
    ),
    plan: ({ key, label, definition }: Parameters<Tagger['plan']>[0]) => {
      const measure = measureOf(key, definition.measure)
      return Object.freeze({ how: 'measure' as const, tag: Object.freeze({ key, label, type: typeOf(key, definition) }), measure })
    },
  })
}

function measureOf(key: string, json: unknown) {
  const parsed = parseMeasure(json)
  if (!parsed.ok) throw notChecked(key)
  return parsed.measure
}

function typeOf(key: string, definition: Properties) {
  const type = measureType(measureOf(key, definition.measure)) ?? measureDefinition.parse(definition).type
  if (type === undefined) throw notChecked(key)
  return type
}

const notChecked = (key: string): TypeError => new TypeError(`the definition of '${key}' has not passed its schema`)
