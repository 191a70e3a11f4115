import type { Analytics } from '@tenon/analytics'
import type { Clock, IdentityPolicy, Meter } from '@tenon/kernel/contracts'
import type { Ruling, Rulings, Store } from '@tenon/store'
import type { IngestGate } from '../gate.ts'
import type { IdentityCache } from '../identity/identity-cache.ts'
import type { Blame } from '../identity/work.ts'
import type { IngestPlans } from '../plans/plan-check.ts'
import type { Transformations } from '../transform/transform-events.ts'

/** What a stream is stored with. */
export interface Station {
  readonly stream: string
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: IngestGate
  readonly transformations: Transformations
  readonly identity: IdentityPolicy
  readonly plans: IngestPlans | undefined
  readonly cache: IdentityCache
  readonly clock: Clock
  readonly meter: Meter
  readonly signal: AbortSignal
}

/** What earlier tries at a batch have come to. */
export interface BatchMode {
  /** One of them met data that a store refuses; find it and set it aside. */
  readonly isolating: boolean
  /** One of them opened it, with these rulings; absent where none did. */
  readonly standing?: Rulings
  /** What the identity policy failed on. */
  readonly blamed: Map<string, Blame>
  /** What transformations said of events, where finding it out took a time limit. */
  readonly remembered: Map<string, Ruling>
}
