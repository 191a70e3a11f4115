import { describe, expect, it } from 'vitest'
import { matchVerdict } from './verdict.ts'

describe('matchVerdict', () => {
  it('merges nothing by itself unless the owner said from where on', () => {
    expect(matchVerdict({ probability: 1 }, { review: 0.8 })).toBe('review')
    expect(matchVerdict({ probability: 0.99 }, { review: 0.8, merge: 0.99 })).toBe('merge')
    expect(matchVerdict({ probability: 0.98 }, { review: 0.8, merge: 0.99 })).toBe('review')
    expect(matchVerdict({ probability: 0.79 }, { review: 0.8, merge: 0.99 })).toBe('none')
  })

  it('does nothing about what is not a number', () => {
    expect(matchVerdict({ probability: Number.NaN }, { review: 0, merge: 0 })).toBe('none')
    expect(matchVerdict({ probability: 1 }, { review: Number.NaN, merge: 0 })).toBe('none')
    expect(matchVerdict({ probability: 1 }, { review: 0.5, merge: Number.NaN })).toBe('review')
  })
})
