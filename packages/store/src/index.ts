export type {
  AppliedStep,
  BackupRecord,
  Backups,
  CopiedTable,
  SequenceValue,
  StoreContent,
  StoreOccupancy,
  StoreSnapshot,
  StreamMark,
  TableDigest,
} from './backup/backups.ts'
export type {
  BenefitCounters,
  BenefitLimits,
  BenefitRequest,
  BenefitResult,
  Benefits,
  BenefitVerdict,
  LockedBenefit,
  StoredTransaction,
} from './benefits/benefits.ts'
export type { Consents, KeptReceipt, NewReceipt, PersonsReceipt } from './consents/consents.ts'
export type { Definition, DefinitionPut, Definitions, DefinitionVersion } from './definitions/definitions.ts'
export { BackupDiffers, BackupNewer, errors } from './errors.ts'
export type {
  ImportCounts,
  ImportOutcomes,
  ImportPiece,
  ImportPlace,
  ImportState,
  Imports,
  NewImport,
  StoredImport,
} from './imports/imports.ts'
export type {
  BatchVerdict,
  Claim,
  EventKey,
  ImportOutcome,
  IngestCounts,
  IngestStore,
  IngestTransaction,
  OpenBatch,
  OpenBatchRequest,
  OpenedBatch,
  PendingOverride,
  ReplayOutcome,
  Ruling,
  Rulings,
  StreamProgress,
  WorkerShare,
} from './ingest/ingest-store.ts'
export { IMPORT_SOURCE, REPORT_SOURCE } from './ingest/ingest-store.ts'
export type { Items } from './items/items.ts'
export type { Jobs, LeaseOutcome } from './jobs/jobs.ts'
export type { ApiKey, ApiKeys, KeyKind, NewApiKey } from './keys/api-keys.ts'
export type { KeyValues } from './kv/key-values.ts'
export type { Match, Matches, MatchState, NewMatch } from './matches/matches.ts'
export type { AttemptOutcome, DeliveryEntry, MessageState, Messages, NewMessage, StoredMessage } from './messages/messages.ts'
export type { MigrationReport } from './migrations/migrate.ts'
export type { ModelKind, Models, StoredModel } from './models/models.ts'
export { openStore, type StoreOptions } from './open-store.ts'
export type { Attachment, AttachmentRefused, Merge, MergeEntry, Profiles } from './profiles/profiles.ts'
export { isStorableIdentifier, MAX_IDENTIFIER_BYTES } from './profiles/storable-identifier.ts'
export type {
  BlockedPair,
  BlockRecord,
  Holdings,
  MergeRecord,
  Separation,
  SettledOverrides,
  SquashStep,
  UnmergeEntry,
  Unmerges,
} from './profiles/unmerges.ts'
export type { Replay, ReplayState, Replays } from './replays/replays.ts'
export type { Store } from './store.ts'
export type { SeenStatement } from './vitals/read-statements.ts'
export type { StoreVitals } from './vitals/read-vitals.ts'
export type { StalledWork, StoreWork } from './vitals/read-work.ts'
export type { WorkspaceStore } from './workspace-store.ts'
export type { Workspace, Workspaces } from './workspaces/workspaces.ts'
