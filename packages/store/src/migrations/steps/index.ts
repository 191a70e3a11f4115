import type { MigrationPlan } from '../migrate.ts'
import { indexStep, sqlStep } from '../migration-step.ts'
import { workspacesAndKeys } from './0001_workspaces_and_keys.ts'
import { profiles } from './0002_profiles.ts'
import { ingest } from './0003_ingest.ts'
import { consents } from './0004_consents.ts'
import { definitions } from './0005_definitions.ts'
import { benefits } from './0006_benefits.ts'
import { messages } from './0007_messages.ts'
import { unmerges } from './0008_unmerges.ts'
import { seenByMessage } from './0009_seen_by_message.ts'
import { identityVersions } from './0010_identity_versions.ts'
import { openBatches } from './0011_open_batches.ts'
import { ingestWorkers } from './0012_ingest_workers.ts'
import { failedEvents } from './0014_failed_events.ts'
import { trackingPlans } from './0015_tracking_plans.ts'
import { imports } from './0017_imports.ts'
import { matches } from './0019_matches.ts'
import { messageRequests } from './0025_message_requests.ts'
import { openingRulings } from './0026_opening_rulings.ts'
import { openedAt } from './0027_opened_at.ts'
import { messageCounts } from './0035_message_counts.ts'
import { backups } from './0040_backups.ts'
import { dedupWindow } from './0050_dedup_window.ts'
import { importOutcomes } from './0055_import_outcomes.ts'

/** Every step of Tenon's own schema, in order. Forward only: a step that was released never changes. */
export const ownPlan: MigrationPlan = {
  scope: 'tenon',
  schema: 'tenon',
  steps: [
    sqlStep('0001_workspaces_and_keys', workspacesAndKeys),
    sqlStep('0002_profiles', profiles),
    sqlStep('0003_ingest', ingest),
    sqlStep('0004_consents', consents),
    sqlStep('0005_definitions', definitions),
    sqlStep('0006_benefits', benefits),
    sqlStep('0007_messages', messages),
    sqlStep('0008_unmerges', unmerges),
    sqlStep('0009_seen_by_message', seenByMessage),
    sqlStep('0010_identity_versions', identityVersions),
    sqlStep('0011_open_batches', openBatches),
    sqlStep('0012_ingest_workers', ingestWorkers),
    sqlStep('0014_failed_events', failedEvents),
    sqlStep('0015_tracking_plans', trackingPlans),
    sqlStep('0017_imports', imports),
    sqlStep('0019_matches', matches),
    sqlStep('0025_message_requests', messageRequests),
    sqlStep('0026_opening_rulings', openingRulings),
    sqlStep('0027_opened_at', openedAt),
    indexStep('0035_message_counts', messageCounts),
    sqlStep('0040_backups', backups),
    sqlStep('0050_dedup_window', dedupWindow),
    sqlStep('0055_import_outcomes', importOutcomes),
  ],
}
