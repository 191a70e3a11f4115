import { defineError, type ErrorKind } from '@tenon/kernel'
import { ruleErrors } from './rules/errors.ts'

export const AnalyticsUnreachable = defineError({
  code: 'TENON_ANALYTICS_UNREACHABLE',
  status: 503,
  title: 'The analytics engine does not answer.',
  help: 'The connection was refused, broken or timed out, also after several attempts. Events stay in the log until it is back. Look at the health of the engine, and at `TENON_CLICKHOUSE_URL` where it is a server of yours.',
  message: (details: { readonly operation: string; readonly attempts: number; readonly reason: string }) =>
    `the analytics engine did not answer ${details.operation} in ${details.attempts} attempts: ${details.reason}`,
})

export const AnalyticsLimit = defineError({
  code: 'TENON_ANALYTICS_LIMIT',
  status: 422,
  title: 'A query reached its limit of time, memory or rows.',
  help: 'Every query is bounded. Ask for less: a shorter window, fewer profiles, a smaller page. The limits are part of the settings of the analytics store.',
  message: (details: { readonly operation: string; readonly limit: string; readonly reason: string }) =>
    `${details.operation} reached its limit (${details.limit}): ${details.reason}`,
})

export const AnalyticsFailed = defineError({
  code: 'TENON_ANALYTICS_FAILED',
  title: 'The analytics engine refused a statement.',
  help: 'This is a fault of Tenon or of the state of the engine, not of the request. The message of the engine is in the details; please report it.',
  message: (details: { readonly operation: string; readonly engineCode: string; readonly reason: string }) =>
    `the analytics engine refused ${details.operation} (code ${details.engineCode}): ${details.reason}`,
})

export const AnalyticsUnbound = defineError({
  code: 'TENON_ANALYTICS_UNBOUND',
  title: 'A query is not bound to a workspace.',
  help: 'Every statement that reads names `{workspace:String}`; this one does not, or the workspace is empty. It was not run. This is a fault of the code that made it.',
  message: (details: { readonly operation: string }) => `${details.operation} is not bound to a workspace and was not run`,
})

export const AnalyticsRowInvalid = defineError({
  code: 'TENON_ANALYTICS_ROW_INVALID',
  title: 'A row can not be written.',
  help: 'A date is not a date, or a number is not a whole number that the column can hold. Nothing of its batch was sent. Stations check what they accept before it comes here.',
  message: (details: { readonly table: string; readonly column: string; readonly value: string }) =>
    `${details.value} can not be written to ${details.table}.${details.column}`,
})

export const AnalyticsCursorInvalid = defineError({
  code: 'TENON_ANALYTICS_CURSOR_INVALID',
  status: 400,
  title: 'The cursor is none that this list gave out.',
  help: 'Cursors are opaque: give back the `next` of the page before as it was, to the same list. Leave the cursor out to begin at the start.',
  message: (details: { readonly cursor: string }) => `'${details.cursor}' is not a cursor of this list`,
})

export const AnalyticsRequestInvalid = defineError({
  code: 'TENON_ANALYTICS_REQUEST_INVALID',
  status: 400,
  title: 'A request to the analytics store makes no sense.',
  help: 'The message names the field and what is wrong with it. Nothing was run.',
  message: (details: { readonly field: string; readonly problem: string }) => `'${details.field}' is not valid: ${details.problem}`,
})

export const AnalyticsMigrationChanged = defineError({
  code: 'TENON_ANALYTICS_MIGRATION_CHANGED',
  title: 'An applied migration of the analytics store is not what it was.',
  help: 'Applied steps never change. Either the database was made by another build, or a step was edited: restore it and add a new step. Nothing was applied.',
  message: (details: { readonly step: string; readonly applied: string; readonly found: string }) =>
    `the applied migration '${details.step}' has checksum ${details.applied}, this build has ${details.found}`,
})

export const AnalyticsMigrationUnknown = defineError({
  code: 'TENON_ANALYTICS_MIGRATION_UNKNOWN',
  title: 'The analytics store was migrated by a newer build.',
  help: 'The database has steps that this build does not know. Run the newer build; Tenon does not migrate backwards. Nothing was applied.',
  message: (details: { readonly steps: readonly string[] }) => `the analytics store has unknown migrations: ${details.steps.join(', ')}`,
})

export const AnalyticsBackupNewer = defineError({
  code: 'TENON_ANALYTICS_BACKUP_NEWER',
  title: 'The events of the backup are of a newer version of Tenon.',
  help: 'The backup has migrations of the analytics store that this version does not know, or knows differently. Restore it with the version that made it, or a later one. Nothing was changed.',
  message: (details: { readonly steps: readonly string[] }) => `this version does not have the steps ${details.steps.join(', ')}`,
})

/** Every kind of error of this package. */
export const errors: readonly ErrorKind<`TENON_${string}`, unknown>[] = [
  AnalyticsBackupNewer,
  ...ruleErrors,
  AnalyticsUnreachable,
  AnalyticsLimit,
  AnalyticsFailed,
  AnalyticsUnbound,
  AnalyticsRowInvalid,
  AnalyticsCursorInvalid,
  AnalyticsRequestInvalid,
  AnalyticsMigrationChanged,
  AnalyticsMigrationUnknown,
]
