import type { Field } from './field.ts'
import { levelOf } from './field.ts'
import type { Column, People } from './people.ts'

/** Nothing to compare: one of the two has no value. */
export const UNKNOWN = -1

/** The best level of any two values of a field, or `UNKNOWN`. The innermost loop of all: it allocates nothing. */
export function levelBetween({ comparison }: Field, { starts, ids, values }: Column, left: number, right: number): number {
  const leftEnd = starts[left + 1] ?? 0
  const rightStart = starts[right] ?? 0
  const rightEnd = starts[right + 1] ?? 0
  let best = UNKNOWN
  for (let i = starts[left] ?? 0; i < leftEnd; i += 1) {
    for (let j = rightStart; j < rightEnd; j += 1) {
      const a = ids[i] ?? 0
      const b = ids[j] ?? 0
      if (a === b) return 0
      const level = levelOf(comparison, values[a] ?? '', values[b] ?? '')
      if (best === UNKNOWN || level < best) best = level
    }
  }
  return best
}

/** The values that two people share. */
export function sharedValues({ starts, ids }: Column, left: number, right: number): readonly number[] {
  const theirs = ids.subarray(starts[right], starts[right + 1])
  return [...ids.subarray(starts[left], starts[left + 1])].filter((id) => theirs.includes(id))
}

/** Writes the level of each field into `into`. */
export function compareInto(into: Int8Array, fields: readonly Field[], people: People, left: number, right: number): void {
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index]
    const column = people.columns[index]
    into[index] = field === undefined || column === undefined ? UNKNOWN : levelBetween(field, column, left, right)
  }
}
