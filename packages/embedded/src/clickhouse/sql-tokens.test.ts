import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSignificant, sqlTokens } from './sql-tokens.ts'

const kinds = (sql: string) => [...sqlTokens(sql)].filter(isSignificant).map((token) => `${token.kind}:${token.text}`)

describe('sqlTokens', () => {
  it('loses nothing of any text', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '`',
      '\\',
      '--',
      '/*',
      '*/',
      '$a$',
      '$',
      '#!',
      '\n',
      ';',
      '{',
      '}',
      'a',
      '‘',
      '’',
      '“',
      '”',
      '\0',
      '😀',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(text, (sql) => {
        expect([...sqlTokens(sql)].map((token) => token.text).join('')).toBe(sql)
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps quotes whole, with both ways of escaping', () => {
    expect(kinds(`'a\\'b' 'c''d' "e""f" \`g\\\`h\` ‘i;j’ “k;l” $$m;n$$ $t$ $$ ; $t$`)).toEqual([
      "string:'a\\'b'",
      "string:'c''d'",
      'identifier:"e""f"',
      'identifier:`g\\`h`',
      'string:‘i;j’',
      'identifier:“k;l”',
      'string:$$m;n$$',
      'string:$t$ $$ ; $t$',
    ])
  })

  it('sees comments, which do not nest', () => {
    expect(kinds('1 -- ; \n /* ; /* */ 2 # ;\n #! ;\n ;')).toEqual(['word:1', 'word:2', 'symbol:;'])
  })

  it('does not exhaust the stack on a string of ten megabytes', () => {
    expect(kinds(`'${"''\\\\x".repeat(2_000_000)}'`)).toHaveLength(1)
  })
})
