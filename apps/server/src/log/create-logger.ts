import type { Logger } from '@tenon/kernel/contracts'
import { destination, pino } from 'pino'
import { errors } from '../errors.ts'
import { type Fields, safeFields } from './safe-fields.ts'
import { withoutAddresses } from './without-addresses.ts'

type Line = (message: string, fields?: Fields) => void

/** JSON lines on standard error, so that standard output stays for people. Nothing that could be somebody's is written. */
export function createLogger(level: string, out: { write(line: string): void } = destination({ dest: 2, sync: true })): Logger {
  const log = pino({ level, base: null }, out)
  const titles = new Map(errors.map(({ code, title }) => [code, title]))
  const line =
    (name: 'debug' | 'info' | 'warn' | 'error'): Line =>
    (message, fields = {}) => {
      if (log.isLevelEnabled(name)) log[name](safeFields(fields, titles), withoutAddresses(message))
    }
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}
