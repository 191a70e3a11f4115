import type { Analytics } from '@tenon/analytics'
import type { Audience } from '@tenon/audience'
import type { Benefits, Recommendations } from '@tenon/decision'
import type { Engage } from '@tenon/engage'
import type { Identity, Matching } from '@tenon/identity'
import type { Imports } from '@tenon/import'
import type { FailedEvents, Ingest } from '@tenon/ingest'
import type { Health, InstanceId } from '@tenon/kernel'
import type { Clock, IdentityPolicy, Logger } from '@tenon/kernel/contracts'
import type { Kernel } from '@tenon/kernel/runtime'
import type { TrackingPlans } from '@tenon/plans'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store } from '@tenon/store'
import type { PrintedMeter } from './meter.ts'

/** The stations behind the API. */
export interface Platform {
  readonly version: string
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: PrivacyGate
  readonly identity: IdentityPolicy
  /** How persons came about; merges taken back. */
  readonly people: Identity
  /** People who are probably one. */
  readonly matching: Matching
  readonly ingest: Ingest
  readonly failedEvents: FailedEvents
  readonly imports: Imports
  readonly plans: TrackingPlans
  readonly audience: Audience
  readonly recommendations: Recommendations
  readonly benefits: Benefits
  readonly engage: Engage
  /** Its metrics are those of all processes of this server. */
  readonly kernel: Pick<Kernel, 'edition' | 'inspect' | 'health' | 'metrics' | 'routes'>
  /** The process beside this one that stores the log; 0 bytes where there is none. */
  readonly storing: { rssBytes(): number }
  /** The embedded engine; 0 bytes where there is none. */
  readonly engine: { rssBytes(): number }
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: PrintedMeter
  /** Health of everything that must work before traffic may come, by name. */
  ready(): Promise<Readonly<Record<InstanceId, Health>>>
}
