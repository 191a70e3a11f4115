import type { MigrationStep } from '../migrate.ts'
import { workspacesAndKeys } from './0001_workspaces_and_keys.ts'
import { profiles } from './0002_profiles.ts'
import { ingest } from './0003_ingest.ts'
import { consents } from './0004_consents.ts'
import { definitions } from './0005_definitions.ts'
import { benefits } from './0006_benefits.ts'
import { messages } from './0007_messages.ts'

/** Every step of the schema, in order. Forward only: a step that was released never changes. */
export const steps: readonly MigrationStep[] = [
  { id: '0001_workspaces_and_keys', sql: workspacesAndKeys },
  { id: '0002_profiles', sql: profiles },
  { id: '0003_ingest', sql: ingest },
  { id: '0004_consents', sql: consents },
  { id: '0005_definitions', sql: definitions },
  { id: '0006_benefits', sql: benefits },
  { id: '0007_messages', sql: messages },
]
