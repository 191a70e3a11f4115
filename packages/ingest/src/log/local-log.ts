import type { Health } from '@tenon/kernel'
import { LogWriteFailed } from '../errors.ts'
import type { EventLog, OpenLogs } from './event-log.ts'
import { type LogOptions, openLog } from './open-log.ts'

const WELL: Health = Object.freeze({ status: 'ok' })

/** The log in a folder of this process. */
export const localLog =
  (options: LogOptions): OpenLogs =>
  async () => {
    const { log, health } = watched(await openLog(options))
    return Object.freeze({
      logs: [log],
      prefix: 'log',
      shared: false,
      recordBytes: Number.POSITIVE_INFINITY,
      logOf: () => log,
      health,
      close: log.close,
    })
  }

/** Degraded from a write that failed to the next that does not. Not down: only who is sent requests can find out that they can be kept again. */
function watched(log: EventLog): { readonly log: EventLog; readonly health: () => Health } {
  let health = WELL
  const append: EventLog['append'] = async (payload, parts) => {
    try {
      const outcome = await log.append(payload, parts)
      if (outcome === 'durable') health = WELL
      return outcome
    } catch (error) {
      if (LogWriteFailed.is(error)) health = { status: 'degraded', reason: error.message }
      throw error
    }
  }
  return { log: Object.freeze({ ...log, append }), health: () => health }
}
