import { comparisons } from '../comparison/kinds.ts'
import { type Comparison, DIFFERENT, EXACT } from '../comparison/level.ts'
import type { FieldConfig } from '../config.ts'

/** A field as it is compared. */
export interface Field {
  readonly key: string
  readonly kind: FieldConfig['kind']
  readonly comparison: Comparison
  readonly usesFrequency: boolean
  /** Names of the levels, `EXACT` first, `DIFFERENT` last. */
  readonly levels: readonly string[]
}

export function fieldOf({ key, kind, frequency }: FieldConfig): Field {
  const comparison: Comparison = comparisons[kind]
  const levels = [EXACT, ...comparison.levels, DIFFERENT]
  return { key, kind, comparison, usesFrequency: frequency ?? comparison.frequency, levels }
}

/** The level of two canonical values. */
export const levelOf = ({ level }: Comparison, left: string, right: string): number => (left === right ? 0 : 1 + level(left, right))
