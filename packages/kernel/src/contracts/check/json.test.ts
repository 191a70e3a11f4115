import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isJson, isProperties } from './json.ts'

it('is what JSON.parse makes of any text', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value: unknown = JSON.parse(text)
      expect(isJson(value)).toBe(true)
      expect(isProperties(value)).toBe(typeof value === 'object' && value !== null && !Array.isArray(value))
    }),
  )
})

it('is nothing else, however deep it lies', () => {
  const alien = fc.constantFrom<unknown>(undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol('s'), new Date(0), new Map(), () => 1)
  const around = fc.array(
    fc.constantFrom<(inner: unknown) => unknown>(
      (inner) => [1, inner],
      (inner) => ({ a: 1, b: inner }),
      (inner) => Object.assign(Object.create(null), { c: inner }),
    ),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(alien, around, (value, layers) => {
      expect(isJson(layers.reduce((inner: unknown, wrap) => wrap(inner), value))).toBe(false)
      expect(isJson(layers.reduce((inner: unknown, wrap) => wrap(inner), 'text'))).toBe(true)
    }),
  )
})

it('is what is written, and not what it inherits', () => {
  const heir: unknown = Object.create(Object.assign(Object.create(null), { run: () => 1 }))
  expect(isJson(heir)).toBe(true)
})

it('has no holes in its lists, and is 64 levels deep at most', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })
  expect(isJson(new Array(2))).toBe(false)
  expect([64, 65].map((depth) => isJson(nested(depth)))).toEqual([true, false])
})
