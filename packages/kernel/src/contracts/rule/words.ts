import type { Comparison, Duration, Scalar } from './rule.ts'

/** The languages that rules are read out in. */
export type Language = 'en' | 'zh'

/** One language: how the parts of a rule read. Names and values come in already quoted. */
export interface Words {
  readonly always: string
  readonly and: (parts: readonly string[]) => string
  readonly or: (parts: readonly string[]) => string
  readonly not: (part: string) => string
  readonly group: (part: string) => string
  readonly trait: (name: string) => string
  readonly tag: (name: string) => string
  readonly segment: (name: string, member: boolean) => string
  readonly consent: (purpose: string) => string
  readonly bucket: (salt: string, from: string, to: string) => string
  readonly compare: (comparison: Comparison, show: (value: Scalar) => string, date: (text: string) => string) => string
  readonly times: (comparison: Comparison) => string
  readonly did: (parts: { readonly event: string; readonly times: string; readonly where: string; readonly within: string }) => string
  readonly didNot: (parts: { readonly event: string; readonly where: string; readonly within: string }) => string
  readonly measured: (parts: {
    readonly measure: string
    readonly event: string
    readonly where: string
    readonly within: string
  }) => string
  readonly where: (parts: readonly string[]) => string
  readonly same: (step: string) => string
  readonly measures: {
    readonly count: string
    readonly days: string
    readonly recency: string
    readonly streak: string
    readonly sum: (path: string) => string
    readonly avg: (path: string) => string
    readonly min: (path: string) => string
    readonly max: (path: string) => string
    readonly distinct: (path: string) => string
    readonly first: (path: string) => string
    readonly last: (path: string) => string
    readonly top: (path: string, n: number | undefined, by: string | undefined) => string
    readonly nth: (n: number, of: string | undefined) => string
  }
  readonly ratio: (over: string, by: string) => string
  readonly duration: (duration: Duration) => string
  readonly window: {
    readonly last: (duration: string) => string
    readonly days: (days: number, profileZone: boolean) => string
    readonly span: (from: string | undefined, to: string | undefined) => string
    readonly since: (what: string) => string
  }
  readonly sequence: (steps: readonly string[], never: readonly string[], within: string) => string
  readonly step: (parts: {
    readonly event: string
    readonly as: string | undefined
    readonly where: string
    readonly within: string | undefined
  }) => string
  readonly never: (parts: { readonly event: string; readonly where: string; readonly from: string; readonly to: string }) => string
}

export const amountOf = (duration: Duration): readonly [string, 's' | 'm' | 'h' | 'd' | 'w'] => [
  duration.slice(0, -1),
  duration.slice(-1) as 's' | 'm' | 'h' | 'd' | 'w',
]
