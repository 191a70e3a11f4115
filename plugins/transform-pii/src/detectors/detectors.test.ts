import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DETECTORS, type DetectorName, detectors } from './detectors.ts'

const found = (name: DetectorName, text: string): readonly string[] => detectors[name](text).map(({ start, end }) => text.slice(start, end))

describe('a detector', () => {
  it.each<[DetectorName, string, readonly string[]]>([
    ['email', 'mail an@example.com, or Bo.Li+x@mail.example.co.uk.', ['an@example.com', 'Bo.Li+x@mail.example.co.uk']],
    ['email', 'https://shop.example/?email=an%40example.com&x=1', ['an%40example.com']],
    ['email', '用户 张伟@例子.中国 。', ['张伟@例子.中国']],
    ['email', '联系an@example.com谢谢', ['an@example.com']],
    ['email', 'a@b@c.example <x@y.de>', ['b@c.example', 'x@y.de']],
    ['phone', 'call +49 (89) 123-4567 now', ['+49 (89) 123-4567']],
    ['phone', '0049 89 1234567 / (415) 555-0132 / 415.555.0132', ['0049 89 1234567', '(415) 555-0132', '415.555.0132']],
    ['phone', '手机13812345678，或 138 1234 5678', ['13812345678', '138 1234 5678']],
    ['card', 'card 4111 1111 1111 1111 123, or 5500005555555559', ['4111 1111 1111 1111', '5500005555555559']],
    ['card', '3782-822463-10005', ['3782-822463-10005']],
    ['iban', 'to DE89 3704 0044 0532 0130 00 please', ['DE89 3704 0044 0532 0130 00']],
    ['iban', 'gb82west12345698765432', ['gb82west12345698765432']],
    ['national-id', 'id 11010519491231002X, ssn 078-05-1120', ['11010519491231002X', '078-05-1120']],
    ['national-id', 'nino AB 12 34 56 C, dni 12345678Z, nie X1234567L', ['AB 12 34 56 C', '12345678Z', 'X1234567L']],
  ])('of %s finds in %j', (name, text, expected) => {
    expect(found(name, text)).toEqual(expected)
  })

  it.each<[DetectorName, string]>([
    ['email', 'a@2x, @mention, x@, @, a@localhost, logo@2x.1'],
    ['phone', 'order 4711, 1700000000000, 2026-01-15, 12.50, v1.2.3, 192.168.100.200'],
    ['card', '4111111111111112, 1700000000000, 411111111111111111111111, a4111111111111111'],
    ['iban', 'DE88 3704 0044 0532 0130 00, ABCD1234'],
    ['national-id', '110105194912310021, 000-12-3456, 12345678A, 2026-01-1520, AB123'],
  ])('of %s finds nothing in %j', (name, text) => {
    expect(found(name, text)).toEqual([])
  })

  it('finds every card with its check digit, however it is written, and none without', () => {
    const digits = fc.tuple(fc.constantFrom('2', '3', '4', '5', '6'), fc.stringMatching(/^\d{11,17}$/)).map((parts) => parts.join(''))
    const written = fc.constantFrom('', ' ', '-')
    fc.assert(
      fc.property(digits, written, (most, separator) => {
        const [card] = Array.from({ length: 10 }, (_, check) => `${most}${check}`).filter(isLuhn)
        const wrong = `${most}${(Number(card?.at(-1)) + 1) % 10}`
        const grouped = (card ?? '').match(/.{1,4}/g)?.join(separator) ?? ''
        expect(found('card', `no. ${grouped}!`)).toEqual([grouped])
        expect(found('card', wrong)).toEqual([])
      }),
    )
  })

  it('takes its time by the length of a text alone', () => {
    const evil = [
      'a',
      '@',
      'a@',
      '%40',
      '1',
      '1 ',
      '1-',
      '+',
      '+1',
      '00',
      '(415) ',
      '4111 ',
      'DE89 ',
      'AB 12 ',
      '078-05-',
      '.',
      'a.',
      'ä@ä.',
    ]
    for (const piece of evil) {
      for (const name of DETECTORS) {
        const text = piece.repeat(200_000 / piece.length)
        const { start } = detectors[name](text)[0] ?? { start: 0 }
        expect(start).toBeLessThan(text.length)
      }
    }
  }, 20_000)

  it('finds pieces of the text, in order and apart', () => {
    const texts = fc.array(
      fc.constantFrom(' ', '@', '.', '+', '-', '1', '49', '4111111111111111', 'an', 'example.com', 'DE89', '%40', '078-05-1120', '中'),
    )
    fc.assert(
      fc.property(texts, fc.constantFrom(...DETECTORS), (pieces, name) => {
        const text = pieces.join('')
        let from = 0
        for (const { start, end } of detectors[name](text)) {
          expect(start).toBeGreaterThanOrEqual(from)
          expect(end).toBeGreaterThan(start)
          from = end
        }
        expect(from).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})

/** By the table of the cross sums of doubled digits: another way than the detector's. */
function isLuhn(digits: string): boolean {
  const doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
  return (
    [...digits].reverse().reduce((sum, digit, index) => sum + (index % 2 === 0 ? Number(digit) : (doubled[Number(digit)] ?? 0)), 0) % 10 ===
    0
  )
}
