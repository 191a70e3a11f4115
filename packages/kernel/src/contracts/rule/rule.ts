import type { Purpose } from '../nouns/purpose.ts'

/** The rule language as types; `parseRule` makes them from JSON, closed and with the path of every error. */
export type Scalar = boolean | number | string

/** Exactly one comparison. Dates are ISO 8601 strings; durations such as `30d`. */
export type Comparison =
  | { readonly eq: Scalar }
  | { readonly ne: Scalar }
  | { readonly in: readonly Scalar[] }
  | { readonly notIn: readonly Scalar[] }
  | { readonly gt: number }
  | { readonly gte: number }
  | { readonly lt: number }
  | { readonly lte: number }
  /** Both ends included. */
  | { readonly between: readonly [number, number] }
  | { readonly contains: string }
  | { readonly startsWith: string }
  | { readonly endsWith: string }
  | { readonly exists: boolean }
  | { readonly before: string }
  | { readonly after: string }
  /** The date lies in the last so long, up to the instant. */
  | { readonly last: Duration }
  | { readonly notLast: Duration }

/** `<number><unit>` with unit s, m, h, d or w, exact lengths, up to 100 years. */
export type Duration = string

export type Window =
  | { readonly last: Duration }
  /** Calendar days, today included. */
  | { readonly days: number; readonly zone?: 'workspace' | 'profile' }
  /** `from` is included, `to` is not. */
  | { readonly from?: string; readonly to?: string }
  | { readonly since: { readonly trait: string } | { readonly event: string; readonly where?: readonly Where[] } }

/** A condition on one event. `a.b` walks objects, `a[].b` means any element. */
export type Where = { readonly property: string } & (Comparison | { readonly same: string })

/**
 * What is measured over the events that count, in the order of their timestamps (then of receipt, then of message ids).
 * Of no event, `count`, `days`, `streak`, `sum` and `distinct` are 0 and the others have no value. Where there are events
 * but none of them has the property, what is measured over it has no value either.
 */
export type MeasureKind =
  | 'count'
  /** Distinct calendar days in the zone of the workspace. */
  | 'days'
  /** Seconds since the last event, with fractions. */
  | 'recency'
  /** Calendar days in a row up to today or yesterday. */
  | 'streak'
  /** Of numbers, over all elements of a list, to six decimal places. */
  | { readonly sum: string }
  /** To six decimal places, as `sum`. */
  | { readonly avg: string }
  | { readonly min: string }
  | { readonly max: string }
  /** How many different texts, numbers and truth values. */
  | { readonly distinct: string }
  /** The text, number or truth value of the first event that has one. */
  | { readonly first: string }
  | { readonly last: string }
  /**
   * The most frequent values, numbers as text: one text without `n`, a list with it. Of equals the first in the order of
   * their bytes. `by` sums a number of the event, or of the same element of the list, instead of counting.
   */
  | { readonly top: string; readonly n?: number; readonly by?: 'count' | { readonly sum: string } }
  /** Of the event with that number, from 1: its instant, or the first text, number or truth value at the path. */
  | { readonly nth: number; readonly of: 'timestamp' | string }

/** A value over the events of a profile. */
export interface Measured {
  readonly event: string
  readonly where?: readonly Where[]
  readonly measure: MeasureKind
  readonly within?: Window
}

/** Anything that has a value for a profile at an instant. */
export type Measure = Measured | { readonly ratio: readonly [Measured, Measured] } | { readonly trait: string } | { readonly tag: string }

export interface SequenceStep {
  readonly event: string
  readonly as?: string
  /** At most so long after the step before. */
  readonly within?: Duration
  readonly where?: readonly Where[]
}

export interface NeverBetween {
  readonly event: string
  readonly where?: readonly Where[]
  /** Names of steps; `end` is the last one. */
  readonly between: readonly [string, string]
}

export type Rule =
  | { readonly always: true }
  | { readonly and: readonly Rule[] }
  | { readonly or: readonly Rule[] }
  | { readonly not: Rule }
  | ({ readonly trait: string } & Comparison)
  | ({ readonly tag: string } & Comparison)
  | { readonly segment: string }
  | { readonly consent: Purpose }
  | { readonly bucket: { readonly salt: string; readonly from: number; readonly to: number } }
  | (Measured & Comparison)
  | ({ readonly ratio: readonly [Measured, Measured] } & Comparison)
  | { readonly sequence: readonly SequenceStep[]; readonly never?: readonly NeverBetween[]; readonly within?: Window }
