import type { Connection } from './connections.ts'

type Dialect = Extract<Connection, { readonly database: string }>['kind']

/**
 * A name in the SQL of another server. The quote doubled is all that either dialect knows within quotes; NUL is in no name.
 */
export function quoteIdentifier(dialect: Dialect, name: string): string {
  if (name.includes('\0')) throw new RangeError('a name holds NUL')
  const quote = dialect === 'postgres' ? '"' : '`'
  return `${quote}${name.replaceAll(quote, quote + quote)}${quote}`
}

/**
 * A text constant in the SQL of another server, whatever its settings say about backslashes: one with a backslash is written in the
 * form that has escapes in Postgres, and MySQL gets its bytes in hexadecimal. It must be a literal: a column keeps its own collation, and
 * the use of its index, beside a literal in any character set, and has none in common with the result of a function such as CONVERT.
 */
export function quoteText(dialect: Dialect, text: string): string {
  if (dialect === 'mysql') return text === '' ? "''" : `_utf8mb4 0x${Buffer.from(text, 'utf8').toString('hex')}`
  if (text.includes('\0')) throw new RangeError('a text holds NUL')
  const doubled = text.replaceAll("'", "''")
  return text.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}

/**
 * Rows of a table from a key on, in its order. `from` is a whole number as text, or any text, as `numeric` says. Its own row comes once
 * more: beside it stands what the server takes for the same key.
 */
export function tableQuery(
  dialect: Dialect,
  request: {
    readonly table: string
    readonly schema?: string | undefined
    readonly key: string
    readonly from?: { readonly value: string; readonly numeric: boolean } | undefined
    readonly limit?: number | undefined
    /** `false` where nobody cares. */
    readonly order?: false
  },
): string {
  const { table, schema, key, from, limit, order } = request
  const quoted = (name: string) => quoteIdentifier(dialect, name)
  const place = schema === undefined ? quoted(table) : `${quoted(schema)}.${quoted(table)}`
  const where =
    from === undefined ? '' : ` where ${quoted(key)} >= ${from.numeric ? wholeNumber(from.value) : quoteText(dialect, from.value)}`
  return `select * from ${place}${where}${order === false ? '' : ` order by ${quoted(key)}`}${limit === undefined ? '' : ` limit ${wholeNumber(String(limit))}`}`
}

function wholeNumber(text: string): string {
  if (!/^-?\d{1,40}$/.test(text)) throw new RangeError('not a whole number')
  return text
}
