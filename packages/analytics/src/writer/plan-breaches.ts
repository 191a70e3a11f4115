import { text, tuples } from './tsv.ts'

/** A rule of a tracking plan that an event breaks. Never what the event said. */
export interface PlanBreach {
  readonly kind: string
  readonly rule: string
  /** `properties.products[].price` */
  readonly path: string
  readonly expected: string
  readonly actual: string
  readonly mode: string
}

/** All that a tracking plan finds in an event. It lies with the event, and goes with it. */
export interface PlanBreaches {
  readonly plan: string
  readonly planVersion: number
  /** Which version of the event it was checked against; 0 where there is none. */
  readonly eventVersion: number
  /** The type of the event. */
  readonly type: string
  readonly breaches: readonly PlanBreach[]
}

/** Of the cells, in this order. */
export const breachCells = ({ plan, planVersion, eventVersion, breaches }: Omit<PlanBreaches, 'type'>): readonly string[] => [
  text(plan),
  String(planVersion),
  String(eventVersion),
  tuples(breaches.map(({ kind, rule, path, expected, actual, mode }) => [kind, rule, path, expected, actual, mode])),
]

export const breachColumns = Object.freeze(['plan', 'plan_version', 'event_version', 'breaches'] as const)

export const noBreaches: PlanBreaches = Object.freeze({ plan: '', planVersion: 0, eventVersion: 0, type: '', breaches: [] })
