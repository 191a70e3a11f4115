/** What the generator is told to do. */
export interface LoadOrder {
  readonly address: string
  readonly writeKey: string
  readonly seed: number
  readonly people: number
  /** One `identify` of each person, one after the other, instead of what they do by chance. */
  readonly inTurn?: boolean
  /** In front of every message id: two orders with different prefixes send different events. */
  readonly prefix: string
  /** At most; without end until `finish` where absent. */
  readonly events?: number
  readonly eventsPerRequest: number
  /** Requests in flight at most. */
  readonly connections: number
  /** Events a second, whatever the answers; as fast as the connections allow where absent. */
  readonly eventsPerSecond?: number
  /** Sends again what was refused or broke off, until it is acknowledged; the server may be killed meanwhile. */
  readonly insists?: boolean
}

/** Latencies of one second of a load. */
export interface LoadSlice {
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface LoadReport {
  readonly seconds: number
  /** Events in requests that were answered with success. */
  readonly acknowledged: number
  /** Requests that were refused or broke off. */
  readonly failures: number
  /** The same by the status of the answer, or by what broke off. */
  readonly failedWith: Readonly<Record<string, number>>
  readonly p50Ms: number
  readonly p99Ms: number
  /** What the generator itself used. */
  readonly cpuSeconds: number
  readonly slices: readonly LoadSlice[]
}

/** `finish`: sends nothing new, and reports once everything underway is answered. */
export type ToLoad = { readonly kind: 'start'; readonly order: LoadOrder } | { readonly kind: 'finish' }

export type FromLoad = { readonly kind: 'acknowledged'; readonly events: number } | { readonly kind: 'report'; readonly report: LoadReport }
