import { syntaxError } from './clickhouse-error.ts'
import { isKeyword, isSignificant, type SqlToken, sqlTokens } from './sql-tokens.ts'

/** One statement without the semicolons at its end, and the format it asks for. */
export interface Statement {
  readonly sql: string
  readonly format: string | undefined
}

/**
 * Reads what may be sent to the engine: one statement.
 *
 * @throws 62 for an empty query and for more than one statement, in the engine's own words.
 */
export function parseStatement(text: string): Statement {
  const tokens = [...sqlTokens(text)].filter(isSignificant)
  while (tokens.at(-1)?.text === ';') tokens.pop()
  const last = tokens.at(-1)
  if (last === undefined) throw syntaxError('Empty query')
  const semicolon = tokens.find((token) => token.kind === 'symbol' && token.text === ';')
  if (semicolon !== undefined) {
    const near = text.slice(semicolon.start, semicolon.start + 40)
    throw syntaxError(`Syntax error (Multi-statements are not allowed): failed at position ${semicolon.start + 1} (;): ${near}.`)
  }
  return { sql: text.slice(0, last.start + last.text.length), format: trailingFormat(tokens) }
}

/** `... FORMAT name [SETTINGS ...]` */
function trailingFormat(tokens: readonly SqlToken[]): string | undefined {
  const at = tokens.findLastIndex((token, index) => isKeyword(token, 'FORMAT') && tokens[index + 1]?.kind === 'word')
  if (at < 0) return undefined
  const after = tokens[at + 2]
  return after === undefined || isKeyword(after, 'SETTINGS') ? tokens[at + 1]?.text : undefined
}
