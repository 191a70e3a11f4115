import { defineError, type ErrorKind } from '@tenon/kernel'

export const BackupFolderTaken = defineError({
  code: 'TENON_BACKUP_FOLDER_TAKEN',
  status: 409,
  title: 'The folder for a backup is not empty.',
  help: 'A backup is written into a new or an empty folder, so that it never mixes with another one. A backup that was interrupted leaves a folder without `manifest.json`: remove it.',
  message: (details: { readonly folder: string }) => `${details.folder} is not empty`,
})

export const BackupIncomplete = defineError({
  code: 'TENON_BACKUP_INCOMPLETE',
  status: 422,
  title: 'The folder holds no whole backup.',
  help: 'The manifest is written last: without it the backup was interrupted, or it is no backup at all. With it, a file that it names is missing. Nothing was changed. Use another backup.',
  message: (details: { readonly folder: string; readonly problem: string }) =>
    `${details.folder} holds no whole backup: ${details.problem}`,
})

export const BackupCorrupt = defineError({
  code: 'TENON_BACKUP_CORRUPT',
  status: 422,
  title: 'A backup is not as it was written.',
  help: 'A file of the backup does not have the checksum or the length that it was written with. Nothing was changed. Copy the backup again from where it came, or use another one.',
  message: (details: { readonly file: string; readonly problem: string }) => `${details.file}: ${details.problem}`,
})

export const BackupFormatUnknown = defineError({
  code: 'TENON_BACKUP_FORMAT_UNKNOWN',
  status: 422,
  title: 'The backup has a form that this version does not read.',
  help: 'A later version of Tenon made it. Restore it with that version, or a later one.',
  message: (details: { readonly format: string }) => `the form of the backup is '${details.format}'`,
})

export const BackupUnsteady = defineError({
  code: 'TENON_BACKUP_UNSTEADY',
  status: 503,
  title: 'A table changed while it was copied.',
  help: 'Rows that a backup may rely on were removed or rewritten while they were copied, several times in a row. The backup was not finished. Begin it again in another folder, when nothing removes data.',
  message: (details: { readonly table: string; readonly copied: number; readonly counted: number }) =>
    `${details.copied} rows of ${details.table} were copied and ${details.counted} are there`,
})

export const BackupRunning = defineError({
  code: 'TENON_BACKUP_RUNNING',
  status: 409,
  title: 'Another backup is under way, or old merges are being squashed.',
  help: 'One backup of an installation at a time, and none while merged profiles are rewritten. Wait for it, and begin again. After a crash it is free again after a minute.',
  message: (details: { readonly job: string }) => `'${details.job}' is under way`,
})

export const BackupLeaseLost = defineError({
  code: 'TENON_BACKUP_LEASE_LOST',
  status: 503,
  title: 'A backup was no longer the only one, and stopped.',
  help: 'Postgres did not hear of the backup for a minute, so another process may have begun what must not happen meanwhile. There is no backup; the folder has no `manifest.json`: remove it, look whether Postgres and the machine keep up, and begin again.',
  message: (details: { readonly job: string }) => `the lease of '${details.job}' was lost`,
})

export const BackupAbandoned = defineError({
  code: 'TENON_BACKUP_ABANDONED',
  status: 503,
  title: 'Nobody waits for a backup any more, and it was stopped.',
  help: 'The command that asked for it went away, or the server that made it is stopping. There is no backup; the folder has no `manifest.json`: remove it, and begin again. Keep the command running until it says what it has written.',
  message: (details: { readonly folder: string }) => `nobody waits for the backup into ${details.folder}`,
})

export const RestoreNeedsNats = defineError({
  code: 'TENON_RESTORE_NEEDS_NATS',
  status: 422,
  title: 'The backup holds waiting events of a fleet, and no NATS was named.',
  help: 'What a fleet had accepted and not stored yet goes back into its streams. Restore with `TENON_NATS_URL`, on a server that has no streams of these names; a process that starts on it stores them. Nothing was changed.',
  message: (details: { readonly streams: readonly string[] }) => `${details.streams.join(', ')} can not be restored without a NATS server`,
})

export const RestoreNotEmpty = defineError({
  code: 'TENON_RESTORE_NOT_EMPTY',
  status: 409,
  title: 'A restore goes into empty stores only.',
  help: 'Nothing is ever overwritten. Give the restore an empty `TENON_DATA` and, with servers of your own, empty databases, and a NATS server without streams of these names.',
  message: (details: { readonly what: string }) => `${details.what} is not empty`,
})

/** Every kind of error that this package raises; docs/errors is made of it. */
export const errors: readonly ErrorKind<`TENON_${string}`, unknown>[] = [
  BackupFolderTaken,
  BackupIncomplete,
  BackupCorrupt,
  BackupFormatUnknown,
  BackupUnsteady,
  BackupRunning,
  BackupLeaseLost,
  BackupAbandoned,
  RestoreNeedsNats,
  RestoreNotEmpty,
]
