import { defineError } from '@tenon/kernel'

/** Who holds a folder: a process id, and what tells this process from a later one with the same id. */
export interface Holder {
  readonly pid: number
  readonly identity: string
}

export const EmbeddedBusy = defineError({
  code: 'TENON_EMBEDDED_BUSY',
  status: 503,
  title: 'The data folder is in use by another process.',
  help: 'One process at a time may run the embedded servers of a folder. Stop the process that the message names, or start with another folder (`TENON_DATA`).',
  message: (details: { readonly dir: string; readonly holder: Holder }) => `${details.dir} is in use by process ${details.holder.pid}`,
})

export const EmbeddedStartFailed = defineError({
  code: 'TENON_EMBEDDED_START_FAILED',
  status: 503,
  title: 'An embedded server did not start.',
  help: 'The message carries the last lines that the server wrote. Common causes: a full disk, a folder that may not be written, memory limits of a container. A server of your own (`TENON_DATABASE_URL`, `TENON_CLICKHOUSE_URL`) replaces the embedded one.',
  message: (details: { readonly server: string; readonly dir: string; readonly reason: string }) =>
    `${details.server} in ${details.dir} did not start: ${details.reason}`,
})

export const EmbeddedUnsupported = defineError({
  code: 'TENON_EMBEDDED_UNSUPPORTED',
  title: 'The embedded servers do not run on this platform.',
  help: 'Embedded servers exist for Linux (x64, arm64, glibc) and macOS (x64, arm64). Elsewhere, and when the optional packages were not installed, name your own servers in `TENON_DATABASE_URL` and `TENON_CLICKHOUSE_URL`.',
  message: (details: { readonly server: string; readonly reason: string }) =>
    `${details.server} can not be embedded here: ${details.reason}`,
})

export const EmbeddedVersion = defineError({
  code: 'TENON_EMBEDDED_VERSION',
  title: 'The data folder was written by another major version of Postgres.',
  help: 'Postgres does not read the files of another major version. Dump the data with the version that wrote it and load it into a new folder.',
  message: (details: { readonly dir: string; readonly found: string; readonly expected: string }) =>
    `${details.dir} was written by Postgres ${details.found}; this is Postgres ${details.expected}`,
})
