import type { Column } from '../people/people.ts'
import type { FieldModel } from './model.ts'

/** A value that fewer people have may tell who they are: it is not kept in a model. */
const FEW = 5
const MOST_VALUES = 10_000

/**
 * How frequent values are among those who have one. Values of few people are one class: its share is that of the value which
 * two of them are met with, so that a name in common is worth what such names are worth.
 */
export function frequencyOf({ values, counts }: Column): NonNullable<FieldModel['frequency']> {
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  )
  const ranked = [...values.keys()].filter((id) => (counts[id] ?? 0) >= FEW).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b)
  const kept = ranked.slice(0, MOST_VALUES)
  const known = new Set(kept)
  let [pairs, weighted] = [0, 0]
  for (const [id, count] of counts.entries()) {
    if (known.has(id)) continue
    pairs += count * (count - 1)
    weighted += count * count * (count - 1)
  }
  return {
    rare: Math.min(1, (pairs === 0 ? 1 : weighted / pairs) / total),
    common: kept.map((id) => [values[id] ?? '', (counts[id] ?? 0) / total]),
  }
}
