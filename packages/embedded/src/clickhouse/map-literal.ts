import { ClickHouseException } from './clickhouse-error.ts'
import { quoteString } from './parameter-literal.ts'
import { isSignificant, type SqlToken, sqlTokens } from './sql-tokens.ts'

/**
 * Rewrites a value that holds maps, such as `{'a':[1,2],'b':[]}`, into calls that the engine can cast: it casts no text
 * to a map. Only quoted strings, numbers, NULL, true, false, nan and inf may stand in it, so nothing in a value is ever
 * read as SQL.
 */
export function mapLiteral(value: string): string {
  const reader = new ValueReader([...sqlTokens(value)].filter(isSignificant), value)
  const literal = reader.value()
  reader.end()
  return literal
}

class ValueReader {
  readonly #tokens: readonly SqlToken[]
  readonly #source: string
  #next = 0

  constructor(tokens: readonly SqlToken[], source: string) {
    this.#tokens = tokens
    this.#source = source
  }

  value(): string {
    switch (this.#peek()) {
      case '{':
        return this.#list('{', '}', 'map', () => `${this.#entry()}`)
      case '[':
        return this.#list('[', ']', 'array', () => this.value())
      case '(':
        return this.#list('(', ')', 'tuple', () => this.value())
      default:
        return this.#scalar()
    }
  }

  end(): void {
    if (this.#next < this.#tokens.length) throw this.#bad()
  }

  #entry(): string {
    const key = this.value()
    this.#expect(':')
    return `${key}, ${this.value()}`
  }

  #list(open: string, close: string, call: string, item: () => string): string {
    this.#expect(open)
    const items: string[] = []
    while (this.#peek() !== close) {
      if (items.length > 0) this.#expect(',')
      items.push(item())
    }
    this.#expect(close)
    return `${call}(${items.join(', ')})`
  }

  /** Scalars become strings; the cast around the whole value gives them their types. */
  #scalar(): string {
    const token = this.#tokens[this.#next]
    if (token === undefined) throw this.#bad()
    this.#next += 1
    if (token.kind === 'string' && /^'[\s\S]*'$/.test(token.text) && token.text.length > 1) return token.text
    const sign = token.text === '-' || token.text === '+' ? token.text : ''
    let text = sign === '' ? token.text : this.#take()
    while (this.#peek() === '.' || /[eE]$/.test(text)) text += this.#take()
    if (/^null$/i.test(text) && sign === '') return 'NULL'
    if (!/^(?:true|false|nan|inf|\d+(?:\.\d*)?(?:[eE][-+]?\d*)?)$/i.test(text)) throw this.#bad()
    return quoteString(sign === '-' ? `-${text}` : text)
  }

  #take(): string {
    const text = this.#tokens[this.#next]?.text
    if (text === undefined) throw this.#bad()
    this.#next += 1
    return text
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]?.text
  }

  #expect(text: string): void {
    if (this.#peek() !== text) throw this.#bad()
    this.#next += 1
  }

  #bad(): ClickHouseException {
    return new ClickHouseException(457, 'BAD_QUERY_PARAMETER', `Value ${this.#source} cannot be parsed for a query parameter`)
  }
}
