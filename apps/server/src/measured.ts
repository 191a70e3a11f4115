import { metrics as ofAnalytics } from '@tenon/analytics'
import { metrics as ofRequests } from '@tenon/api'
import { metrics as ofAudience } from '@tenon/audience'
import { metrics as ofDecision } from '@tenon/decision'
import { metrics as ofEngage } from '@tenon/engage'
import { metrics as ofIdentity } from '@tenon/identity'
import { metrics as ofImports } from '@tenon/import'
import { metrics as ofIngest } from '@tenon/ingest'
import type { MetricSpec } from '@tenon/kernel/contracts'
import { metrics as ofPrivacy } from '@tenon/privacy'

/** All that stations measure: a figure is there, with its description, before the first thing that it counts has happened. */
export const measured: readonly MetricSpec[] = Object.freeze([
  ...ofAnalytics,
  ...ofRequests,
  ...ofAudience,
  ...ofDecision,
  ...ofEngage,
  ...ofIdentity,
  ...ofImports,
  ...ofIngest,
  ...ofPrivacy,
])
