/**
 * Formats whose output may be cut between rows and joined again. The engine streams a result as blocks that are each
 * a whole document; in these formats documents joined are again a document.
 */
const joinable: ReadonlySet<string> = new Set([
  'CSV',
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
  'JSONEachRow',
  'JSONLines',
  'JSONStringsEachRow',
  'LineAsString',
  'NDJSON',
  'RowBinary',
  'TSV',
  'TSVRaw',
  'TSKV',
  'TabSeparated',
  'TabSeparatedRaw',
])

export const isJoinable = (format: string): boolean => joinable.has(format)

/** Formats in which each line is a row. */
const oneRowPerLine: ReadonlySet<string> = new Set([
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
  'JSONEachRow',
  'JSONLines',
  'JSONStringsEachRow',
  'LineAsString',
  'NDJSON',
  'TSV',
  'TSVRaw',
  'TabSeparated',
  'TabSeparatedRaw',
])

export const hasOneRowPerLine = (format: string): boolean => oneRowPerLine.has(format)

const contentTypes: Readonly<Record<string, string>> = {
  CSV: 'text/csv; charset=UTF-8; header=absent',
  CSVWithNames: 'text/csv; charset=UTF-8; header=present',
  JSON: 'application/json; charset=UTF-8',
  JSONCompact: 'application/json; charset=UTF-8',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
  JSONCompactEachRow: 'application/x-ndjson; charset=UTF-8',
  TSV: 'text/tab-separated-values; charset=UTF-8',
  TabSeparated: 'text/tab-separated-values; charset=UTF-8',
}

export const contentType = (format: string): string => contentTypes[format] ?? 'text/plain; charset=UTF-8'
