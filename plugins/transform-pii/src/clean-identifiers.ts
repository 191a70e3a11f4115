import type { Identifier } from '@tenon/kernel/contracts'
import { speaks } from './clean.ts'
import { firstOf, placesBehind, type Rules } from './rules.ts'

/** Identifiers as the rules want them that are told to touch identifiers; the same list where none of them does. */
export function cleanIdentifiers(identifiers: readonly Identifier[], rules: Rules): readonly Identifier[] {
  const places = placesBehind([rules.root], 'identifiers')
  const detectors = rules.detectors.filter((rule) => rule.identifiers)
  let changed = false
  const kept = identifiers.flatMap((identifier) => {
    const { type, value } = identifier
    const byName = firstOf(placesBehind(places, type), rules.ofKey(type, 'identifiers'))
    const treatment = byName ?? detectors.find((rule) => speaks(value, [rule]))?.treatment
    if (treatment === undefined) return [identifier]
    const covered = treatment === 'remove' ? undefined : treatment.value(value)
    if (covered === value) return [identifier]
    changed = true
    return covered === undefined ? [] : [{ type, value: covered }]
  })
  return changed ? kept : identifiers
}
