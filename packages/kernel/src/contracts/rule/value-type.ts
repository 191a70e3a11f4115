import type { ValueType } from '../nouns/value.ts'
import type { Measure } from './rule.ts'

/** The type that the values of a measure have; undefined where it depends on what was sent (`first`, `last`, `nth`, traits, tags). */
export function measureType(measure: Measure): ValueType | undefined {
  if ('ratio' in measure) return 'number'
  if (!('measure' in measure)) return undefined
  const kind = measure.measure
  if (typeof kind === 'string') return 'number'
  if ('top' in kind) return kind.n === undefined ? 'string' : 'list'
  if ('nth' in kind) return kind.of === 'timestamp' ? 'date' : undefined
  return 'first' in kind || 'last' in kind ? undefined : 'number'
}
