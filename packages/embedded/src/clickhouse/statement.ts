import { syntaxError } from './clickhouse-error.ts'
import { isKeyword, isSignificant, type SqlToken, sqlTokens } from './sql-tokens.ts'

/** One statement without the semicolons at its end. */
export interface Statement {
  readonly sql: string
  /** The format that it asks for itself. */
  readonly format: string | undefined
  /** Whether totals stand behind the last row. */
  readonly hasTotals: boolean
}

/**
 * Reads what may be sent to the engine: one statement.
 *
 * @throws 62 for an empty query and for more than one statement, in the engine's own words.
 */
export function parseStatement(text: string): Statement {
  const format = new TrailingFormat()
  let semicolon: SqlToken | undefined
  let end = 0
  let hasTotals = false
  for (const token of sqlTokens(text)) {
    if (!isSignificant(token)) continue
    if (token.text === ';') {
      semicolon ??= token
      continue
    }
    if (semicolon !== undefined) throw severalStatements(text, semicolon)
    format.add(token)
    hasTotals ||= isKeyword(token, 'TOTALS')
    end = token.start + token.text.length
  }
  if (end === 0) throw syntaxError('Empty query')
  return { sql: text.slice(0, end), format: format.name(), hasTotals }
}

/** Finds `FORMAT name [SETTINGS ...]` at the end of a statement, token by token. */
class TrailingFormat {
  #name: string | undefined
  #state: 'elsewhere' | 'keyword' | 'name' | 'settings' = 'elsewhere'

  add(token: SqlToken): void {
    if (isKeyword(token, 'FORMAT')) this.#state = 'keyword'
    else if (this.#state === 'keyword' && token.kind === 'word') {
      this.#name = token.text
      this.#state = 'name'
    } else if (this.#state === 'name' && isKeyword(token, 'SETTINGS')) this.#state = 'settings'
    else if (this.#state !== 'settings') this.#state = 'elsewhere'
  }

  name(): string | undefined {
    return this.#state === 'name' || this.#state === 'settings' ? this.#name : undefined
  }
}

function severalStatements(text: string, semicolon: SqlToken): Error {
  const near = text.slice(semicolon.start, semicolon.start + 40)
  return syntaxError(`Syntax error (Multi-statements are not allowed): failed at position ${semicolon.start + 1} (;): ${near}.`)
}
