import type { EventType, Properties } from '@tenon/kernel/contracts'

/** What a violation comes to: it is counted; the event is stored with a note; the event becomes a failed event. */
export type Mode = 'allow' | 'flag' | 'quarantine'

/** A JSON Schema of the dialect 2020-12, as far as a plan may use it. */
export type Schema = Properties | boolean

/** One version of one event. */
export interface PlannedEvent {
  readonly type: EventType
  /** Of a track call its event, of a page or screen its name. Without it every event of the type that is not planned by its name. */
  readonly name?: string
  /** What the event says in `context.protocols.event_version`; one that says nothing is of the lowest. */
  readonly version: number
  /** Instead of the mode of the plan. */
  readonly mode?: Mode
  readonly description?: string
  readonly properties?: Schema
  readonly traits?: Schema
  readonly context?: Schema
}

export interface TrackingPlan {
  /** The sources that it is for; every source of the workspace without a plan of its own where absent. */
  readonly sources?: readonly string[]
  /** Of violations of its schemas. */
  readonly mode: Mode
  /** Of track events that are not in it, and of versions that are not. */
  readonly unplannedEvents: Mode
  /** Of properties and traits that no schema names. */
  readonly unplannedProperties: Mode
  readonly events: readonly PlannedEvent[]
}

/** What kind of mistake it is, whichever keyword found it. */
export const violationKinds = Object.freeze([
  'missing',
  'wrong-type',
  'wrong-format',
  'not-in-list',
  'out-of-range',
  'unplanned-property',
  'unplanned-event',
  'unplanned-version',
  'other',
] as const)

export type ViolationKind = (typeof violationKinds)[number]

export interface Violation {
  /** The keyword of JSON Schema, or `unplanned-event`, `unplanned-version`, `unplanned-property`. */
  readonly rule: string
  /** `properties.products[0].price`; empty for the event itself. */
  readonly field: string
  /** What was expected. Never what the event said. */
  readonly message: string
  readonly mode: Mode
}

/** A rule that an event breaks, once, at however many places of a list: what can be counted. Never what the event said. */
export interface Breach {
  readonly kind: ViolationKind
  readonly rule: string
  /** `properties.products[].price`, the same in every event; empty for the event itself. */
  readonly path: string
  /** In a few words: `number`, `format email`; empty where the rule says it all. */
  readonly expected: string
  /** The type of what is there; empty where nothing is. */
  readonly actual: string
  readonly mode: Mode
}

/** What a plan finds in an event that does not keep to it. */
export interface Finding {
  readonly plan: string
  readonly planVersion: number
  /** The version of the event that it was checked against; 0 where there is none. */
  readonly eventVersion: number
  /** The strictest of its violations. */
  readonly mode: Mode
  /** At least one; the first of many. */
  readonly violations: readonly Violation[]
  /** All that it breaks. */
  readonly breaches: readonly Breach[]
}

const STRICTNESS: Readonly<Record<Mode, number>> = { allow: 0, flag: 1, quarantine: 2 }

export const strictest = (breaches: readonly Breach[]): Mode =>
  breaches.reduce<Mode>((mode, each) => (STRICTNESS[each.mode] > STRICTNESS[mode] ? each.mode : mode), 'allow')
