import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskValues } from './mask-values.ts'

/** Stands for what somebody said; nothing else of a statement has this letter. */
const SAID = 'Ж'
const said = (...odd: readonly string[]) =>
  fc.array(fc.constantFrom(SAID, SAID, ' ', '\n', ...odd), { maxLength: 8 }).map((all) => all.join(''))
const noise = ['--', '/*', '*/', '"', '$', '1', 'e', '榫'] as const

const names = fc.constantFrom(
  'a',
  '"a "" b"',
  'e',
  'x',
  'a$b',
  'U&"d"',
  '$1',
  '42',
  '1.5e3',
  '0x1F',
  '(',
  ')',
  ',',
  '||',
  '=',
  '::text',
  'select',
  '-',
  '+',
)
const escaped = said(...noise, "\\'", "''", '\\\\', '\\n', '$$').map((text) => `E'${text}'`)
const dollars = fc.oneof(
  said(...noise.filter((each) => each !== '$'), "'", '\\', "\\'").map((text) => `$$${text}$$`),
  said("'", '--', '/*', '\\', '$$', '$').map((text) => `$tag$${text}$tag$`),
  said("'", '--').map((text) => `$榫😀$${text}$榫😀$`),
)
const remarks = fc.oneof(
  said("'", '$$', '"').map((text) => `/* ${text} /* ' */ ${text} */`),
  said("'", '$$', '"', '/*').map((text) => `-- ${text.replaceAll('\n', ' ')}\n`),
)
const conforming = fc
  .tuple(fc.constantFrom('', 'b', 'X', 'N', 'U&'), said(...noise, "''", '\\', '$$'))
  .map(([kind, text]) => `${kind}'${text}'`)
/** With `standard_conforming_strings` off. */
const old = said(...noise, "''", "\\'", '\\\\', '$$').map((text) => `'${text}'`)

const statements = (literals: fc.Arbitrary<string>) =>
  fc.tuple(
    fc.array(fc.oneof(names, literals, escaped, dollars, remarks), { maxLength: 12 }).map((pieces) => pieces.join(' ')),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )

describe('a statement without its values', () => {
  it.each([
    ['conforming', conforming],
    ['old', old],
  ])('has nothing that anybody said, of %s texts, wherever it is cut', (_, literals) => {
    fc.assert(
      fc.property(statements(literals), ([statement, share]) => {
        expect(maskValues(statement)).not.toContain(SAID)
        expect(maskValues(statement.slice(0, Math.ceil(statement.length * share)))).not.toContain(SAID)
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([
    ["select pg_sleep(60),  'an@example.com', 4711", 'select pg_sleep(?), ?, ?'],
    ["select * from a where b = 'cut in the mid", 'select * from a where b = ?'],
    [String.raw`select E'it\'s', "o'hara", a1 from t$x where y = $2`, 'select ?, "o\'hara", a1 from t$x where y = $2'],
    ["select $$one$$, $q$two $$ 'x$q$, 1.5, .5 -- her\nfrom a /* him */ b", 'select ?, ?, ?, ? from a b'],
    [String.raw`select 'a\', b from c`, 'select ?'],
  ])('is the rest of %s', (statement, masked) => {
    expect(maskValues(statement)).toBe(masked)
  })
})
