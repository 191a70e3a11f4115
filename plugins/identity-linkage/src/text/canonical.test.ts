import { describe, expect, it } from 'vitest'
import { canonicalCode, canonicalDate, canonicalEmail, canonicalPhone, canonicalText } from './canonical.ts'

describe('canonical forms', () => {
  it('bring what people type into one form', () => {
    expect(canonicalText("  O'Brien-MÜLLER ")).toBe('o brien muller')
    expect(canonicalText('\u0000\ud800')).toBeUndefined()
    expect(canonicalText('李 雷')).toBe('李 雷')
    expect(canonicalCode('SW1A 2AA')).toBe('sw1a2aa')
    expect(canonicalPhone('(0049) 30 / 123-4567')).toBe('49301234567')
    expect(canonicalPhone('12')).toBeUndefined()
    expect(canonicalEmail(' An@Example.Test ')).toBe('an@example.test')
    expect(canonicalEmail('@example.test')).toBeUndefined()
  })

  it('read dates with the year first and nothing else', () => {
    expect(canonicalDate('1980-02-29T10:00:00Z')).toBe('19800229')
    expect(canonicalDate('19801342')).toBe('19801342')
    expect(canonicalDate('03/04/1980')).toBeUndefined()
    expect(canonicalDate('198002291')).toBeUndefined()
  })
})
