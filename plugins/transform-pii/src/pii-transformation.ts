import type { CustomerEvent, EventParts, Transformation, TransformOutcome } from '@tenon/kernel/contracts'
import { type Budget, BudgetSpent, cleanName, cleanObject } from './clean.ts'
import { cleanIdentifiers } from './clean-identifiers.ts'
import type { PiiConfig } from './config.ts'
import { compileRules, placesBehind } from './rules.ts'

const KEPT: TransformOutcome = Object.freeze({ kind: 'kept' })

/** Removes, masks or hashes what the rules name. Identifiers, by which people are recognised, are touched only by rules that say so. */
export function piiTransformation(config: PiiConfig): Transformation {
  const rules = compileRules(config)

  function transform(event: CustomerEvent): TransformOutcome {
    const budget: Budget = { maxDepth: config.maxDepth, values: config.maxValues }
    const part = (name: 'properties' | 'traits' | 'context') => cleanObject(event[name], placesBehind([rules.root], name), rules, budget)
    try {
      const cleaned: EventParts = {
        name: cleanName(event.name, rules.detectors),
        identifiers: cleanIdentifiers(event.identifiers, rules),
        timestamp: event.timestamp,
        properties: part('properties'),
        traits: part('traits'),
        context: part('context'),
        ...groupOf(event, budget),
      }
      return changeOf(event, cleaned)
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error
      return {
        kind: 'failed',
        code: error.what,
        message: 'the event is deeper or larger than the configuration allows, so the rules can not be kept',
      }
    }
  }

  function groupOf({ group }: CustomerEvent, budget: Budget): Pick<EventParts, 'group'> {
    if (group === undefined) return {}
    const traits = cleanObject(group.traits, placesBehind([rules.root], 'group'), rules, budget)
    return { group: traits === group.traits ? group : { id: group.id, traits } }
  }

  return {
    label: { en: 'Personal data removed, masked or hashed', zh: '个人信息的删除、掩码与散列' },
    after: config.after,
    transform: async ({ events }) => events.map(transform),
  }
}

/** Only the parts that are not what they were. */
function changeOf(event: CustomerEvent, cleaned: EventParts): TransformOutcome {
  const before: Readonly<Record<string, unknown>> = { ...event }
  const parts = Object.fromEntries(Object.entries(cleaned).filter(([part, value]) => value !== before[part]))
  return Object.keys(parts).length === 0 ? KEPT : { kind: 'changed', parts }
}
