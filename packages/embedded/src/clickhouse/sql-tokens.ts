export interface SqlToken {
  readonly kind: 'space' | 'comment' | 'word' | 'string' | 'identifier' | 'symbol'
  readonly text: string
  readonly start: number
}

const space = /[\s\0]+/y
const word = /[\p{L}\p{N}_$]+/uy
const lineComment = /(?:--|#!|# )[^\n]*/y
const blockComment = /\/\*[\s\S]*?(?:\*\/|$)/y
const heredoc = /\$(\w*)\$[\s\S]*?\$\1\$/y
const quoted = {
  "'": /'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*(?:'|\\?$)/y,
  '"': /"[^"\\]*(?:(?:\\[\s\S]|"")[^"\\]*)*(?:"|\\?$)/y,
  '`': /`[^`\\]*(?:(?:\\[\s\S]|``)[^`\\]*)*(?:`|\\?$)/y,
  '‘': /‘[^’]*(?:’|$)/y,
  '“': /“[^”]*(?:”|$)/y,
} as const

/**
 * Splits a statement as the engine's own lexer does: three kinds of quotes with both ways of escaping, typographic
 * quotes, heredocs, and comments that do not nest. The texts of the tokens joined are the statement.
 */
export function* sqlTokens(sql: string): Generator<SqlToken> {
  let start = 0
  while (start < sql.length) {
    const token = tokenAt(sql, start)
    yield token
    start += token.text.length
  }
}

function tokenAt(sql: string, start: number): SqlToken {
  const first = sql.charAt(start)
  const match = (kind: SqlToken['kind'], pattern: RegExp): SqlToken | undefined => {
    pattern.lastIndex = start
    const text = pattern.exec(sql)?.[0]
    return text ? { kind, text, start } : undefined
  }
  switch (first) {
    case "'":
    case '‘':
      return match('string', quoted[first]) ?? symbol(first, start)
    case '"':
    case '`':
    case '“':
      return match('identifier', quoted[first]) ?? symbol(first, start)
    case '-':
    case '#':
      return match('comment', lineComment) ?? symbol(first, start)
    case '/':
      return match('comment', blockComment) ?? symbol(first, start)
    case '$':
      return match('string', heredoc) ?? match('word', word) ?? symbol(first, start)
    default:
      return match('space', space) ?? match('word', word) ?? symbol(first, start)
  }
}

const symbol = (text: string, start: number): SqlToken => ({ kind: 'symbol', text, start })

/** Whether the token means anything to the parser. */
export const isSignificant = (token: SqlToken): boolean => token.kind !== 'space' && token.kind !== 'comment'

/** Whether the token is this keyword, in any case. */
export const isKeyword = (token: SqlToken | undefined, keyword: string): boolean =>
  token?.kind === 'word' && token.text.toUpperCase() === keyword
