import { parseRule, printRule, type Segmenter } from '@tenon/kernel/contracts'
import type { RulesConfig } from './config.ts'
import { rulesDefinition } from './definition.ts'

/** Segments by rule: the station evaluates them with the rule compiler, the same in batch and in real time. */
export function rulesSegmenter(config: RulesConfig): Segmenter {
  return Object.freeze({
    kind: 'rules',
    definition: rulesDefinition,
    presets: Object.freeze(
      config.presets.map(({ key, label, definition }) =>
        Object.freeze({ key, label, definition: { rule: ruleOf(key, definition.rule).json } }),
      ),
    ),
    plan: ({ key, label, definition }: Parameters<Segmenter['plan']>[0]) =>
      Object.freeze({ how: 'rule' as const, segment: Object.freeze({ key, label }), rule: ruleOf(key, definition.rule).rule }),
  })
}

function ruleOf(key: string, json: unknown) {
  const parsed = parseRule(json)
  if (!parsed.ok) throw new TypeError(`the definition of '${key}' has not passed its schema`)
  return { rule: parsed.rule, json: printRule(parsed.rule) }
}
