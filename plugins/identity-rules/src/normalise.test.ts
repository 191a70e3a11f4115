import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseEmail, normaliseText, phoneNormaliser } from './normalise.ts'

const phone = phoneNormaliser('CN')

describe('text', () => {
  it('is trimmed and composed, and keeps its case', () => {
    expect(normaliseText('  Ab-1\n')).toBe('Ab-1')
    expect(normaliseText('e\u0301')).toBe('\u00e9')
  })
  it.each(['', '   ', 'a\u0000b', 'a\nb', '\ud800', 'x'.repeat(257)])('is nobody: %j', (value) => {
    expect(normaliseText(value)).toBeUndefined()
  })
})

describe('email', () => {
  it.each([
    [' An@Example.COM ', 'an@example.com'],
    ['a.b+c@mail.example.co.uk', 'a.b+c@mail.example.co.uk'],
    ['用户@例子.中国', '用户@xn--fsqu00a.xn--fiqs8s'],
  ])('%j is %s', (value, expected) => {
    expect(normaliseEmail(value)).toBe(expected)
  })
  it.each([
    '',
    'an',
    'an@',
    '@b.cn',
    'a@b',
    'a@@b.cn',
    'a b@c.cn',
    'An <a@b.cn>',
    'a@b..cn',
    'a@-b.cn',
    'a..b@c.cn',
    `${'a'.repeat(250)}@b.cn`,
  ])('%j is nobody', (value) => {
    expect(normaliseEmail(value)).toBeUndefined()
  })
})

describe('phone', () => {
  it.each([
    ['138 0013 8000', '+8613800138000'],
    ['+86 138-0013-8000', '+8613800138000'],
    ['００８６１３８００１３８０００', '+8613800138000'],
    ['+1 (213) 373-4253', '+12133734253'],
  ])('%j is %s', (value, expected) => {
    expect(phone(value)).toBe(expected)
  })
  it.each(['', '12', '00000000000', '+1 213 373 4253 ext. 12', 'call me', '+999123456789'])('%j is nobody', (value) => {
    expect(phone(value)).toBeUndefined()
  })
  it('without a country code is nobody where no country is configured', () => {
    expect(phoneNormaliser(undefined)('138 0013 8000')).toBeUndefined()
    expect(phoneNormaliser(undefined)('+8613800138000')).toBe('+8613800138000')
  })
})

describe('every normaliser', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const nearEmail = fc.tuple(text, fc.oneof(text, fc.domain())).map(([local, domain]) => `${local}@${domain}`)
  const nearPhone = fc.tuple(fc.constantFrom('', '+', '00'), fc.stringMatching(/^[0-9 ().-]{0,18}$/)).map(([plus, digits]) => plus + digits)
  it.each([
    ['text', normaliseText],
    ['email', normaliseEmail],
    ['phone', phone],
  ] as const)('%s is idempotent', (_, normalise) => {
    fc.assert(
      fc.property(fc.oneof(text, nearEmail, nearPhone, fc.emailAddress()), (value) => {
        const once = normalise(value)
        if (once !== undefined) expect(normalise(once)).toBe(once)
      }),
      { numRuns: 2_000 },
    )
  })
})
