import { defineError, type ErrorKind } from '@tenon/kernel'

export const LogLocked = defineError({
  code: 'TENON_LOG_LOCKED',
  title: 'Another process writes this event log.',
  help: 'One process at a time writes a log. Stop the other one, or give this one a folder of its own with `TENON_DATA`. The lock of a process that was killed is taken over by itself.',
  message: (details: { readonly folder: string; readonly pid: number }) =>
    `the event log in ${details.folder} belongs to process ${details.pid}`,
})

export const LogCorrupt = defineError({
  code: 'TENON_LOG_CORRUPT',
  title: 'The event log is damaged before its end.',
  help: 'A record in the middle of the log does not have its checksum, or a segment is missing: a disk fault, or a file that something else changed. A torn end after a crash is cut off silently and is not this. Restore the file if you can. To go on without the damaged part, open the log once with `onCorrupt: "skip"`: what is skipped is reported with its place and length.',
  message: (details: { readonly segment: string; readonly position: number; readonly problem: string }) =>
    `the event log is damaged at position ${details.position} in ${details.segment}: ${details.problem}`,
})

export const LogWriteFailed = defineError({
  code: 'TENON_LOG_WRITE_FAILED',
  status: 503,
  title: 'The event log could not be written.',
  help: 'The disk is full or faulty, or NATS is away. Nothing was acknowledged; clients send again. Free space or look at the disk of `TENON_DATA`, or at the server of `TENON_NATS_URL`.',
  message: (details: { readonly reason: string }) => `the event log could not be written: ${details.reason}`,
})

export const LogReadFailed = defineError({
  code: 'TENON_LOG_READ_FAILED',
  status: 503,
  title: 'The event log could not be read.',
  help: 'What was accepted is not lost: it is read again, for ever. If it stays, look at the disk of `TENON_DATA`, or at the server of `TENON_NATS_URL`.',
  message: (details: { readonly reason: string }) => `the event log could not be read: ${details.reason}`,
})

export const LogClosed = defineError({
  code: 'TENON_LOG_CLOSED',
  status: 503,
  title: 'The event log is closed.',
  help: 'The server is stopping. Clients send again.',
  message: (_details: Readonly<Record<string, never>>) => 'the event log is closed',
})

export const LogUnreachable = defineError({
  code: 'TENON_LOG_UNREACHABLE',
  status: 503,
  title: 'The event log on NATS can not be reached, or does not do what it is asked.',
  help: 'Look at the server of `TENON_NATS_URL`: it must run with JetStream (`nats-server -js`), let this user make streams, have disk for the budget of the log, and allow messages of 1 MB (`max_payload`). A running Tenon connects again by itself; meanwhile nothing is acknowledged, and clients send again.',
  message: (details: { readonly doing: string; readonly reason: string }) =>
    `the event log on NATS failed at ${details.doing}: ${details.reason}`,
})

export const LogBehindStore = defineError({
  code: 'TENON_LOG_BEHIND_STORE',
  title: 'The event log is older than the store.',
  help: 'The store has stored events beyond the end of this log: the folder of the log, or the stream on NATS, was replaced by an older copy. Restore the newer one. If it is lost, move the `log` folder away, or delete the stream: a new log starts from its beginning, and what the old copy holds is in the store already.',
  message: (details: { readonly stream: string; readonly stored: number; readonly end: number }) =>
    `stream '${details.stream}' is stored up to ${details.stored}, but its log ends at ${details.end}`,
})

export const LogCountsDiffer = defineError({
  code: 'TENON_LOG_COUNTS_DIFFER',
  title: 'A batch would not account for everything that the log says is in it.',
  help: 'A fault in Tenon, or a record that something else has written: between two positions of the log are more or fewer events than would have been counted. Nothing of them was stored and the stream stays where it is, so nothing is lost: events are accepted and wait in the log. Please report it with its message. A version without the fault stores what waits by itself.',
  message: (details: {
    readonly stream: string
    readonly from: number
    readonly to: number
    readonly parts: number
    readonly found: number
  }) =>
    `stream '${details.stream}' has ${details.parts} parts from ${details.from} to ${details.to} by its log, and ${details.found} would have been counted`,
})

export const StoringEnded = defineError({
  code: 'TENON_STORING_ENDED',
  title: 'The process that stores events ended, and is started again.',
  help: 'Events are accepted meanwhile and wait in the log. Once is no harm. When it happens again and again, the lines of the log before this one say why: `TENON_EDITION_CHANGED` (restart the server), memory ran out, or a plugin ended the process.',
  message: (details: { readonly reason: string }) => `the process that stores events ended: ${details.reason}`,
})

export const StoringSilent = defineError({
  code: 'TENON_STORING_SILENT',
  title: 'The process that stores events says nothing any more.',
  help: 'Events are accepted meanwhile and wait in the log. After a minute it is ended and started again. A plugin of the edition (a transformation, the identity policy, a consent policy) may compute without an end, or the machine has no time left.',
  message: (_details: Readonly<Record<string, never>>) => 'the process that stores events says nothing any more',
})

export const StoringUnheard = defineError({
  code: 'TENON_STORING_UNHEARD',
  title: 'The server could not make use of what the process that stores told it.',
  help: 'It is told again by itself. The line of the log before this one says what was in the way: most often Postgres was away.',
  message: (_details: Readonly<Record<string, never>>) => 'the server did not take note of the position',
})

export const TransformationOrderInvalid = defineError({
  code: 'TENON_TRANSFORMATION_ORDER_INVALID',
  title: 'There is no order for the transformations of this edition.',
  help: 'A transformation runs after those that its `after` names, and after those that provide what it needs. One of them names an instance that the edition does not have as a transformation, or several wait for each other. The message names them: correct `after` in their configuration. Without it the written order of the edition counts.',
  message: (details: { readonly problem: string }) => `the transformations can not be put in order: ${details.problem}`,
})

/** Every kind of error that this package raises; docs/errors is made of it. */
export const errors: readonly ErrorKind<`TENON_${string}`, unknown>[] = [
  LogLocked,
  LogCorrupt,
  LogWriteFailed,
  LogReadFailed,
  LogClosed,
  LogUnreachable,
  LogBehindStore,
  LogCountsDiffer,
  StoringEnded,
  StoringSilent,
  StoringUnheard,
  TransformationOrderInvalid,
]
