import type { Finding } from './finding.ts'

/** Whether a store is at the version of this process. */
export const pendingMigrations = (part: string, pending: readonly string[]): Finding =>
  pending.length === 0
    ? { part, what: 'migrations', severity: 'ok', found: 'up to date' }
    : {
        ...{ part, what: 'migrations', severity: 'warning', found: `${pending.length} pending` },
        advice: 'run `tenon migrate`, or start the server',
      }
