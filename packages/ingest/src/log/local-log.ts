import type { OpenLogs } from './event-log.ts'
import { type LogOptions, openLog } from './open-log.ts'

/** The log in a folder of this process. */
export const localLog =
  (options: LogOptions): OpenLogs =>
  async () => {
    const log = await openLog(options)
    return Object.freeze({
      logs: [log],
      prefix: 'log',
      shared: false,
      recordBytes: Number.POSITIVE_INFINITY,
      logOf: () => log,
      health: () => ({ status: 'ok' as const }),
      close: log.close,
    })
  }
