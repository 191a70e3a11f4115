import { errorCode } from '@tenon/kernel'

/** Postgres: data exception, integrity violation, program limit. */
const SQL_STATES = /^(?:22|23|54)[0-9A-Z]{3}$/
/** ClickHouse: what it can not parse or convert. */
const ENGINE_CODES: ReadonlySet<string> = new Set(['6', '26', '27', '33', '38', '41', '53', '69', '70', '72', '117', '131', '469'])

/**
 * Whether an error is about the data and would come again whenever it is tried. Everything else (away, full, locked,
 * migrated badly) is about a store: then the batch waits, and nothing in it is to blame.
 */
export function isDataFault(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true
  if (typeof error !== 'object' || error === null) return false
  const code = errorCode(error)
  if (code === 'TENON_ANALYTICS_ROW_INVALID' || code === 'TENON_STORE_NUMBER_UNSAFE') return true
  if (code === 'TENON_ANALYTICS_FAILED') return ENGINE_CODES.has(engineCodeOf(error))
  return 'code' in error && typeof error.code === 'string' && SQL_STATES.test(error.code)
}

function engineCodeOf(error: object): string {
  const details = 'details' in error ? error.details : undefined
  return typeof details === 'object' && details !== null && 'engineCode' in details ? String(details.engineCode) : ''
}
