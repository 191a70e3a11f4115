import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@tenon/kernel/contracts'
import { natsSkipReason, startNatsServer } from '@tenon/testing/stores'
import type { OpenLogs } from './event-log.ts'
import { jetStreamLogs } from './jetstream/jetstream-logs.ts'
import { localLog } from './local-log.ts'

const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export interface LogSize {
  readonly budgetBytes?: number
  readonly partitions?: number
}

/** A way to open one log, again and again. */
export interface OpenSame {
  (size?: LogSize): OpenLogs
  /** Of a local one. */
  readonly folder?: string
}

/** Where logs of one kind can be made. */
export interface LogPlace {
  /** A new one, empty. */
  make(): OpenSame
  /** Takes the server of the logs away, as a power switch does, and brings it back; nothing where there is none. */
  cut(): Promise<() => Promise<void>>
  close(): Promise<void>
}

export interface LogKind {
  readonly kind: 'local' | 'local, stored apart' | 'jetstream'
  /** Stored from beyond a channel, as by another process. */
  readonly apart?: true
  /** Why its tests can not run here. */
  readonly missing: string | undefined
  place(): Promise<LogPlace>
}

export const localKind: LogKind = {
  kind: 'local',
  missing: undefined,
  async place() {
    const root = await mkdtemp(join(tmpdir(), 'tenon-log-'))
    return {
      make() {
        const folder = join(root, randomUUID())
        const open = ({ budgetBytes }: LogSize = {}) =>
          localLog({ folder, segmentBytes: 20_000, ...(budgetBytes === undefined ? {} : { budgetBytes }) })
        return Object.assign(open, { folder })
      },
      cut: async () => async () => undefined,
      close: () => rm(root, { recursive: true, force: true }),
    }
  },
}

export const jetStreamKind: LogKind = {
  kind: 'jetstream',
  missing: natsSkipReason('the log on jetstream'),
  async place() {
    const { url, kill, start, close } = await startNatsServer()
    return {
      make() {
        const name = `T${randomUUID().replaceAll('-', '').toUpperCase()}`
        // The server sets the whole budget of a stream aside.
        return ({ budgetBytes = 8_000_000, partitions = 1 } = {}) => jetStreamLogs({ url, name, partitions, budgetBytes, logger: quiet })
      },
      async cut() {
        await kill()
        return start
      },
      close,
    }
  },
}

export const apartKind: LogKind = { ...localKind, kind: 'local, stored apart', apart: true }

/** What one suite is played over. */
export const logKinds: readonly LogKind[] = [localKind, jetStreamKind]

/** The same for suites of all of ingest. */
export const ingestKinds: readonly LogKind[] = [...logKinds, apartKind]
