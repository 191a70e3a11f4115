import { ClickHouseException } from './clickhouse-error.ts'
import { parameterLiteral, quoteIdentifier } from './parameter-literal.ts'
import { isSignificant, type SqlToken, sqlTokens } from './sql-tokens.ts'

/**
 * Replaces each `{name:Type}` by a constant of that type. Braces in quotes and comments are text. The engine's binding
 * of parameters serves one query at a time for the whole process, so constants take its place.
 *
 * @throws 456 when a parameter is not given.
 */
export function inlineParameters(sql: string, parameters: ReadonlyMap<string, string>): string {
  let out = ''
  let copied = 0
  for (let found = nextPlaceholder(sql, 0); found !== undefined; found = nextPlaceholder(sql, copied)) {
    out += sql.slice(copied, found.start) + constant(found, parameters)
    copied = found.end
  }
  return out + sql.slice(copied)
}

interface Placeholder {
  readonly name: string
  readonly type: string
  readonly start: number
  readonly end: number
}

function nextPlaceholder(sql: string, from: number): Placeholder | undefined {
  if (!sql.includes('{', from)) return undefined
  for (const token of sqlTokens(sql, from)) {
    const placeholder = token.text === '{' ? placeholderAt(sql, token.start) : undefined
    if (placeholder !== undefined) return placeholder
  }
  return undefined
}

function placeholderAt(sql: string, start: number): Placeholder | undefined {
  const tokens = sqlTokens(sql, start + 1)
  const name = nextSignificant(tokens)
  if (name?.kind !== 'word' || nextSignificant(tokens)?.text !== ':') return undefined
  let type = ''
  for (const token of tokens) {
    if (token.text === '{') return undefined
    if (token.text === '}') return type.trim() === '' ? undefined : { name: name.text, type: type.trim(), start, end: token.start + 1 }
    type += token.kind === 'comment' ? ' ' : token.text
  }
  return undefined
}

function nextSignificant(tokens: Generator<SqlToken>): SqlToken | undefined {
  for (let step = tokens.next(); !step.done; step = tokens.next()) if (isSignificant(step.value)) return step.value
  return undefined
}

function constant({ name, type }: Placeholder, parameters: ReadonlyMap<string, string>): string {
  const value = parameters.get(name)
  if (value === undefined) throw new ClickHouseException(456, 'UNKNOWN_QUERY_PARAMETER', `Substitution \`${name}\` is not set.`)
  // Blanks keep the constant apart from what stands beside it.
  return type === 'Identifier' ? quoteIdentifier(value) : ` ${parameterLiteral(value, type)} `
}
