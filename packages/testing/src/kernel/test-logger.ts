import type { Logger } from '@tenon/kernel/contracts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Keeps what was logged instead of printing it. */
export interface TestLogger extends Logger {
  readonly lines: readonly LogLine[]
}

export function testLogger(): TestLogger {
  const lines: LogLine[] = []
  const at =
    (level: LogLine['level']) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      lines.push(Object.freeze({ level, message, fields }))
    }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
