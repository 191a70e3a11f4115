import { AnalyticsFailed, AnalyticsLimit, AnalyticsUnreachable } from '../errors.ts'

/** Codes of the engine for a limit of ours, by the name of the limit. */
const LIMITS: Readonly<Record<string, string>> = Object.freeze({
  '158': 'rows',
  '159': 'time',
  '160': 'time',
  '241': 'memory',
  '307': 'bytes',
  '396': 'rows',
})

/** Codes of the engine for states that pass: too many parts, read-only while it recovers, a lost coordinator, a broken connection. */
const PASSING = Object.freeze(new Set(['202', '203', '209', '210', '236', '242', '252', '319', '425', '999']))

const CONNECTION = Object.freeze(
  new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']),
)

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 2_000)

/** Whether the same statement may succeed a moment later. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== undefined && (CONNECTION.has(code) || PASSING.has(code))) return true
  return (
    code === undefined &&
    /socket hang up|timeout error|premature close|other side closed|^\s*<html|bad gateway|unavailable/i.test(reasonOf(error))
  )
}

/** The coded error for what the client of the engine threw. */
export function failure(operation: string, attempts: number, error: unknown): Error {
  const reason = reasonOf(error)
  if (isPassing(error)) return AnalyticsUnreachable.create({ operation, attempts, reason }, error)
  const engineCode = codeOf(error) ?? 'none'
  const limit = LIMITS[engineCode]
  if (limit !== undefined) return AnalyticsLimit.create({ operation, limit, reason }, error)
  return AnalyticsFailed.create({ operation, engineCode, reason }, error)
}
