import { ClickHouseException } from './clickhouse-error.ts'
import { quoteString } from './parameter-literal.ts'
import { quoteEnd } from './sql-tokens.ts'

/**
 * Rewrites a value that holds maps, such as `{'a':[1,2],'b':[]}`, into calls that the engine can cast: it casts no text
 * to a map. Only quoted strings, numbers, NULL, true, false, nan and inf may stand in it, so nothing in a value is ever
 * read as SQL.
 */
export function mapLiteral(value: string): string {
  return new ValueReader(value).whole()
}

const brackets: Readonly<Record<string, { readonly close: string; readonly call: string }>> = {
  '{': { close: '}', call: 'map' },
  '[': { close: ']', call: 'array' },
  '(': { close: ')', call: 'tuple' },
}

const blanks = /\s*/y
const plainScalar = /[-+]?(?:\d+(?:\.\d*)?(?:e[-+]?\d+)?|nan|inf)|true|false|null/iy
const maxDepth = 100

class ValueReader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  whole(): string {
    const literal = this.#value(0)
    if (this.#peek() !== '') throw this.#bad()
    return literal
  }

  #value(depth: number): string {
    const bracket = brackets[this.#peek()]
    if (bracket === undefined) return this.#scalar()
    if (depth === maxDepth) throw this.#bad()
    this.#at += 1
    const items: string[] = []
    while (this.#peek() !== bracket.close) {
      if (items.length > 0) this.#expect(',')
      items.push(this.#value(depth + 1))
      if (bracket.call !== 'map') continue
      this.#expect(':')
      items.push(this.#value(depth + 1))
    }
    this.#at += 1
    return `${bracket.call}(${items.join(', ')})`
  }

  /** Scalars become strings; the cast around the whole value gives them their types. */
  #scalar(): string {
    const first = this.#peek()
    const start = this.#at
    if (first === "'") {
      this.#at = quoteEnd(this.#source, start)
      const text = this.#source.slice(start, this.#at)
      if (!isClosed(text)) throw this.#bad()
      return text
    }
    plainScalar.lastIndex = start
    const text = plainScalar.exec(this.#source)?.[0]
    if (text === undefined) throw this.#bad()
    this.#at += text.length
    return text.toLowerCase() === 'null' ? 'NULL' : quoteString(text)
  }

  /** The next character that is not blank, or nothing at the end. */
  #peek(): string {
    blanks.lastIndex = this.#at
    blanks.test(this.#source)
    this.#at = blanks.lastIndex
    return this.#source.charAt(this.#at)
  }

  #expect(character: string): void {
    if (this.#peek() !== character) throw this.#bad()
    this.#at += 1
  }

  #bad(): ClickHouseException {
    return new ClickHouseException(457, 'BAD_QUERY_PARAMETER', `Value ${this.#source} cannot be parsed for a query parameter`)
  }
}

/** A quote that is never closed runs to the end of the value, which may happen to be an escaped quote. */
const isClosed = (text: string): boolean => text.length > 1 && quoteEnd(`${text} `, 0) === text.length
