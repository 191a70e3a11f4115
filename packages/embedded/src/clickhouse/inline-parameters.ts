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
  if (!sql.includes('{')) return sql
  const tokens = [...sqlTokens(sql)]
  let out = ''
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]
    if (token === undefined) break
    const placeholder = token.text === '{' ? placeholderAt(tokens, index) : undefined
    if (placeholder === undefined) out += token.text
    else {
      out += constant(placeholder, parameters)
      index = placeholder.last
    }
  }
  return out
}

interface Placeholder {
  readonly name: string
  readonly type: string
  /** Index of the closing brace. */
  readonly last: number
}

function placeholderAt(tokens: readonly SqlToken[], open: number): Placeholder | undefined {
  const name = nextSignificant(tokens, open + 1)
  const colon = nextSignificant(tokens, name + 1)
  if (tokens[name]?.kind !== 'word' || tokens[colon]?.text !== ':') return undefined
  const last = tokens.findIndex((token, index) => index > colon && token.kind === 'symbol' && (token.text === '}' || token.text === '{'))
  if (tokens[last]?.text !== '}') return undefined
  const type = tokens
    .slice(colon + 1, last)
    .map((token) => (token.kind === 'comment' ? ' ' : token.text))
    .join('')
    .trim()
  return type === '' ? undefined : { name: tokens[name].text, type, last }
}

function nextSignificant(tokens: readonly SqlToken[], from: number): number {
  const index = tokens.findIndex((token, at) => at >= from && isSignificant(token))
  return index < 0 ? tokens.length : index
}

function constant({ name, type }: Placeholder, parameters: ReadonlyMap<string, string>): string {
  const value = parameters.get(name)
  if (value === undefined) throw new ClickHouseException(456, 'UNKNOWN_QUERY_PARAMETER', `Substitution \`${name}\` is not set.`)
  // Blanks keep the constant apart from what stands beside it.
  return type === 'Identifier' ? quoteIdentifier(value) : ` ${parameterLiteral(value, type)} `
}
