import { defineError, type ErrorKind } from '@tenon/kernel'

export const StoreUnavailable = defineError({
  code: 'TENON_STORE_UNAVAILABLE',
  status: 503,
  title: 'Postgres does not answer.',
  help: 'Tenon waited for Postgres to start or to come back, and gave up for this call. Look at `TENON_DATABASE_URL`, at the log of Postgres, and at how many connections it allows. Nothing is ever half done; what carries an idempotency key can be tried again without a second thought.',
  message: (details: { readonly reason: string }) => `Postgres does not answer: ${details.reason}`,
})

export const MigrationChanged = defineError({
  code: 'TENON_MIGRATION_CHANGED',
  title: 'A migration was changed after it had been applied.',
  help: 'Steps are applied once and never again, so a changed step means that this database and the code disagree about the schema. Put the step back as it was and write the change as a new step.',
  message: (details: { readonly scope: string; readonly step: string; readonly applied: string; readonly now: string }) =>
    `step '${details.step}' of ${details.scope} was applied with checksum ${details.applied.slice(0, 12)}, and is now ${details.now.slice(0, 12)}`,
})

export const MigrationUnknown = defineError({
  code: 'TENON_MIGRATION_UNKNOWN',
  title: 'The database is newer than this version of Tenon.',
  help: 'The database has steps that this version does not know: a newer version has been here. Start that version, or restore the backup from before the upgrade. Nothing was changed.',
  message: (details: { readonly scope: string; readonly steps: readonly string[] }) =>
    `${details.scope} has steps that this version does not know: ${details.steps.join(', ')}`,
})

export const MigrationFailed = defineError({
  code: 'TENON_MIGRATION_FAILED',
  title: 'A migration failed.',
  help: 'The step was rolled back as a whole, or is the build of an index, which begins anew; those before it are applied. `cause` is what Postgres said.',
  message: (details: { readonly scope: string; readonly step: string; readonly reason: string }) =>
    `step '${details.step}' of ${details.scope} failed: ${details.reason}`,
})

export const MigrationBlocked = defineError({
  code: 'TENON_MIGRATION_BLOCKED',
  title: 'A migration did not get a lock.',
  help: 'A step changes a table that somebody reads in a transaction that does not end: most often a backup or a report. The step waits a few seconds at a time and lets everybody else through in between; after some minutes it gave up. Nothing of it was changed. Wait for the backup, or end the connections that the message names (`select pg_terminate_backend(pid)`), and start again.',
  message: (details: {
    readonly scope: string
    readonly step: string
    readonly tries: number
    readonly holders: readonly { readonly pid: number; readonly application: string; readonly state: string }[]
  }) => {
    const holders = details.holders.map(({ pid, application, state }) => `${pid} (${[application || 'no name', state].join(', ')})`)
    return `step '${details.step}' of ${details.scope} waited ${details.tries} times for a lock, which is held by ${holders.join(', ') || 'nobody that could be seen'}`
  },
})

export const QueryUnbound = defineError({
  code: 'TENON_STORE_QUERY_UNBOUND',
  title: 'A query would have left its workspace.',
  help: 'A fault in Tenon: a query of a workspace did not have the workspace among its values and was not run. Please report it.',
  message: (details: { readonly workspace: string; readonly query: string }) =>
    `a query of workspace '${details.workspace}' is not bound to it: ${details.query}`,
})

export const NumberUnsafe = defineError({
  code: 'TENON_STORE_NUMBER_UNSAFE',
  title: 'A number in Postgres is too large to be exact.',
  help: 'Counts and amounts are whole numbers up to 9,007,199,254,740,991 (2^53 - 1). A sum went beyond that.',
  message: (details: { readonly value: string }) => `${details.value} is not a safe whole number`,
})

export const KeyRefused = defineError({
  code: 'TENON_STORE_KEY_REFUSED',
  status: 400,
  title: 'A key can not be stored.',
  help: 'Keys (of definitions, items, idempotency, benefit codes) have 1 to 512 bytes, without NUL and without halves of surrogate pairs.',
  message: (details: { readonly what: string }) => `the ${details.what} must have 1 to 512 bytes of well-formed text`,
})

export const ApiKeyConflict = defineError({
  code: 'TENON_API_KEY_CONFLICT',
  status: 409,
  title: 'A secret is already the key of something else.',
  help: 'A secret stands for one key: one workspace, one kind, and (for write keys) one source, also after it was revoked. Choose another secret.',
  message: (details: { readonly name: string; readonly prefix: string }) =>
    `the secret of '${details.name}' (${details.prefix}…) is already another key, or was revoked`,
})

export const ProfileUnknown = defineError({
  code: 'TENON_PROFILE_UNKNOWN',
  status: 404,
  title: 'There is no such profile in this workspace.',
  help: 'A profile id was used in a workspace that does not have it. Ids are internal; name people by their identifiers.',
  message: (details: { readonly profiles: readonly number[] }) => `no such profiles: ${details.profiles.slice(0, 10).join(', ')}`,
})

export const IngestPositionConflict = defineError({
  code: 'TENON_INGEST_POSITION_CONFLICT',
  status: 409,
  title: 'A batch does not continue its stream.',
  help: 'The stream is at another position, or another batch of it is open: two workers read one stream, or a log was replaced by an older copy. Ask for the position and go on from there.',
  message: (details: { readonly stream: string; readonly asked: string; readonly found: string }) =>
    `stream '${details.stream}': ${details.asked} does not fit ${details.found}`,
})

export const IngestCountsInvalid = defineError({
  code: 'TENON_INGEST_COUNTS_INVALID',
  title: 'The counts of a batch do not add up.',
  help: 'A fault in Tenon: received must equal stored + duplicate + failed + dropped. The batch stays open. Please report it.',
  message: (details: {
    readonly received: number
    readonly stored: number
    readonly duplicate: number
    readonly failed: number
    readonly dropped: number
  }) =>
    `${details.received} received are not ${details.stored} stored + ${details.duplicate} duplicate + ${details.failed} failed + ${details.dropped} dropped`,
})

export const IdempotencyKeyReused = defineError({
  code: 'TENON_IDEMPOTENCY_KEY_REUSED',
  status: 409,
  title: 'An idempotency key was used for another request.',
  help: 'The same key again asks for the answer of the first request, so the request must be the same. Make a new key for a new request.',
  message: (details: { readonly idempotencyKey: string }) => `the idempotency key '${details.idempotencyKey}' was used for another request`,
})

export const BenefitVerdictInvalid = defineError({
  code: 'TENON_BENEFIT_VERDICT_INVALID',
  title: 'A decision about a benefit breaks its limits or its ledger.',
  help: 'A fault in the station or the plugin: the decision would issue beyond the stock, spend beyond the budget, change a grant that it was not shown, use fractions, or its postings do not add up to zero. Nothing was written.',
  message: (details: { readonly benefit: string; readonly problem: string }) =>
    `the decision about '${details.benefit}' was refused: ${details.problem}`,
})

export const BenefitCodesExhausted = defineError({
  code: 'TENON_BENEFIT_CODES_EXHAUSTED',
  status: 503,
  title: 'No free code was found for a grant.',
  help: 'Several draws in a row hit codes that exist. Use longer codes or a larger alphabet in the terms of the benefit.',
  message: (details: { readonly benefit: string }) => `no free code was found for a grant of '${details.benefit}'`,
})

export const RestoreUnfinished = defineError({
  code: 'TENON_RESTORE_UNFINISHED',
  title: 'A restore did not come to its end.',
  help: 'These stores are being restored, or a restore was interrupted. Nothing in them can be relied on, so nothing starts on them. Run `tenon restore` with the same folder again: it begins anew. Or empty the stores.',
  message: (details: { readonly restore: string }) => `the restore of backup ${details.restore} is not finished`,
})

export const BackupNewer = defineError({
  code: 'TENON_BACKUP_NEWER',
  title: 'The backup is of a newer version of Tenon.',
  help: 'The backup has migrations that this version does not know, or knows differently. Restore it with the version that made it, or a later one. Nothing was changed.',
  message: (details: { readonly what: string; readonly steps: readonly string[] }) =>
    `the backup of ${details.what} has steps that this version does not have: ${details.steps.join(', ')}`,
})

export const BackupPluginMissing = defineError({
  code: 'TENON_BACKUP_PLUGIN_MISSING',
  title: 'The backup has tables of a plugin that the edition does not have.',
  help: 'Tables of a plugin are made by its own migrations. Restore with the edition that the backup was made with (`TENON_EDITION`), and change the edition afterwards. Nothing was changed.',
  message: (details: { readonly schema: string }) => `the backup has the schema '${details.schema}', and no plugin of the edition makes it`,
})

export const BackupDiffers = defineError({
  code: 'TENON_BACKUP_DIFFERS',
  title: 'What was restored is not what was backed up.',
  help: 'After loading, every table is counted and its content compared with the backup; one does not agree. The stores are left marked as unfinished, and nothing starts on them. Check the backup with `tenon verify-backup`, look for faults of the disk, and restore again.',
  message: (details: { readonly table: string; readonly expected: number; readonly found: number }) =>
    `${details.table} has ${details.found} rows after the restore and ${details.expected} in the backup, or other content`,
})

/** Every kind of error that this package raises; docs/errors is made of it. */
export const errors: readonly ErrorKind<`TENON_${string}`, unknown>[] = [
  StoreUnavailable,
  MigrationChanged,
  MigrationUnknown,
  MigrationFailed,
  MigrationBlocked,
  QueryUnbound,
  NumberUnsafe,
  KeyRefused,
  ApiKeyConflict,
  ProfileUnknown,
  IngestPositionConflict,
  IngestCountsInvalid,
  IdempotencyKeyReused,
  BenefitVerdictInvalid,
  BenefitCodesExhausted,
  RestoreUnfinished,
  BackupNewer,
  BackupPluginMissing,
  BackupDiffers,
]
