const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'])
/** admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections. */
const AWAY = new Set(['57P01', '57P02', '57P03', '53300'])
/** serialization_failure, deadlock_detected. */
const CONTENTION = new Set(['40001', '40P01'])
/** The driver has no codes for these. */
const BROKEN = /^Connection terminated|is not queryable$|^Client was closed|^timeout exceeded when trying to connect/

/** Postgres could not be reached or went away. A statement in flight may have been done or not. */
export function isDisconnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = sqlState(error)
  return code === undefined ? BROKEN.test(error.message) : UNREACHABLE.has(code) || AWAY.has(code) || code.startsWith('08')
}

/** Postgres gave this transaction up for another; nothing of it was done. */
export const isContention = (error: unknown): boolean => CONTENTION.has(sqlState(error) ?? '')

/** The name of the unique index that refused a row. */
export function violatedIndex(error: unknown): string | undefined {
  if (sqlState(error) !== '23505' || typeof error !== 'object' || error === null || !('constraint' in error)) return undefined
  return typeof error.constraint === 'string' ? error.constraint : undefined
}

/** The five characters of Postgres, or the name that the operating system gives the fault. */
function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
