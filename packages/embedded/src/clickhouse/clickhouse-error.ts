/** The version that the engine reports; clients print it with each error. */
export const engineVersion = '26.7.2.1'

/** An error as ClickHouse tells it: a number, a name in capitals, a sentence. */
export class ClickHouseException extends Error {
  readonly code: number
  readonly type: string
  constructor(code: number, type: string, message: string) {
    super(message)
    this.name = 'ClickHouseException'
    this.code = code
    this.type = type
  }

  /** The line that clients parse. */
  toWire(): string {
    return `Code: ${this.code}. DB::Exception: ${this.message} (${this.type}) (version ${engineVersion} (official build))\n`
  }
}

const engineMessage = /^Code: (\d+)\. DB::Exception: ([\s\S]*?)(?: \(([A-Z][A-Z0-9_]+)\))?\s*$/

/** What we put behind each statement to find it again; the engine may quote it. */
const marker = /\n?\/\*tenon:[0-9a-f]+ query_id:[\w.:-]*\*\//g

/** Reads what the engine threw. */
export function toException(error: unknown): ClickHouseException {
  if (error instanceof ClickHouseException) return error
  const text = (error instanceof Error ? error.message : String(error)).replace(marker, '')
  const [, code, message, type] = engineMessage.exec(text) ?? []
  if (code === undefined || message === undefined) return new ClickHouseException(1002, 'UNKNOWN_EXCEPTION', text)
  return new ClickHouseException(Number(code), type ?? 'UNKNOWN_EXCEPTION', message)
}

/** The statuses that ClickHouse's own HTTP interface gives; everything else is 500. */
const statusByCode: ReadonlyMap<number, number> = new Map([
  ...[6, 15, 25, 26, 27, 36, 38, 41, 44, 53, 62, 72, 117, 167, 168, 223, 321, 376, 441, 442, 456, 457].map((code) => [code, 400] as const),
  ...[46, 47, 50, 56, 60, 63, 73, 81, 115].map((code) => [code, 404] as const),
  ...[192, 193, 512, 516].map((code) => [code, 403] as const),
  [159, 408],
  [194, 401],
  [202, 503],
  [48, 501],
  [735, 413],
])

export const httpStatus = (exception: ClickHouseException): number => statusByCode.get(exception.code) ?? 500

export const syntaxError = (message: string): ClickHouseException => new ClickHouseException(62, 'SYNTAX_ERROR', message)
