export interface SqlToken {
  readonly kind: 'space' | 'comment' | 'word' | 'string' | 'identifier' | 'symbol'
  readonly text: string
  readonly start: number
}

/**
 * Splits a statement as the engine's own lexer does: three kinds of quotes with both ways of escaping, typographic
 * quotes, heredocs, and comments that do not nest. The texts of the tokens joined are the statement. What is never
 * closed runs to the end.
 */
export function* sqlTokens(sql: string, from = 0): Generator<SqlToken> {
  let start = from
  while (start < sql.length) {
    const { kind, end } = tokenAt(sql, start)
    yield { kind, text: sql.slice(start, end), start }
    start = end
  }
}

interface Extent {
  readonly kind: SqlToken['kind']
  readonly end: number
}

function tokenAt(sql: string, start: number): Extent {
  switch (sql.charAt(start)) {
    case "'":
      return { kind: 'string', end: quoteEnd(sql, start) }
    case '"':
    case '`':
      return { kind: 'identifier', end: quoteEnd(sql, start) }
    case '‘':
      return { kind: 'string', end: after(sql, '’', start) }
    case '“':
      return { kind: 'identifier', end: after(sql, '”', start) }
    case '-':
      return sql.startsWith('--', start) ? lineComment(sql, start) : symbol(start)
    case '#':
      return sql.startsWith('# ', start) || sql.startsWith('#!', start) ? lineComment(sql, start) : symbol(start)
    case '/':
      return sql.startsWith('/*', start) ? { kind: 'comment', end: after(sql, '*/', start + 2) } : symbol(start)
    case '$':
      return heredoc(sql, start) ?? wordOrSymbol(sql, start)
    default:
      return matched('space', space, sql, start) ?? wordOrSymbol(sql, start)
  }
}

const space = /[\s\0]+/y
const word = /[\p{L}\p{N}_$]+/uy
const heredocTag = /\$\w*\$/y

const symbol = (start: number): Extent => ({ kind: 'symbol', end: start + 1 })

const wordOrSymbol = (sql: string, start: number): Extent => matched('word', word, sql, start) ?? symbol(start)

function matched(kind: SqlToken['kind'], pattern: RegExp, sql: string, start: number): Extent | undefined {
  pattern.lastIndex = start
  return pattern.test(sql) ? { kind, end: pattern.lastIndex } : undefined
}

/** Where the quote that opens at `start` ends. A loop: patterns run out of stack on a string of some megabytes. */
export function quoteEnd(sql: string, start: number): number {
  const quote = sql.charCodeAt(start)
  const backslash = 0x5c
  for (let at = start + 1; at < sql.length; at += 1) {
    const character = sql.charCodeAt(at)
    if (character === backslash) at += 1
    else if (character === quote) {
      if (sql.charCodeAt(at + 1) !== quote) return at + 1
      at += 1
    }
  }
  return sql.length
}

function lineComment(sql: string, start: number): Extent {
  const end = sql.indexOf('\n', start)
  return { kind: 'comment', end: end < 0 ? sql.length : end }
}

/** `$tag$ ... $tag$`; without its end it is none. */
function heredoc(sql: string, start: number): Extent | undefined {
  const opened = matched('string', heredocTag, sql, start)
  if (opened === undefined) return undefined
  const tag = sql.slice(start, opened.end)
  const close = sql.indexOf(tag, opened.end)
  return close < 0 ? undefined : { kind: 'string', end: close + tag.length }
}

function after(sql: string, close: string, from: number): number {
  const at = sql.indexOf(close, from)
  return at < 0 ? sql.length : at + close.length
}

/** Whether the token means anything to the parser. */
export const isSignificant = (token: SqlToken): boolean => token.kind !== 'space' && token.kind !== 'comment'

/** Whether the token is this keyword, in any case. */
export const isKeyword = (token: SqlToken | undefined, keyword: string): boolean =>
  token?.kind === 'word' && token.text.toUpperCase() === keyword
