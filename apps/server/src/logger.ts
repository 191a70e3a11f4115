import type { Logger } from '@tenon/kernel/contracts'
import { destination, pino } from 'pino'

/** JSON lines on standard error, so that standard output stays for people. */
export function createLogger(level: string): Logger {
  const log = pino({ level, base: null, serializers: { error: pino.stdSerializers.err } }, destination({ dest: 2, sync: true }))
  return {
    debug: (message, fields = {}) => log.debug(fields, message),
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
  }
}
