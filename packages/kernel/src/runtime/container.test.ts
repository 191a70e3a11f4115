import { expect, it } from 'vitest'
import { createContainer } from './container.ts'

it('serves what was put in, to children too, and refuses to hold a name twice', () => {
  const kernel = createContainer()
  kernel.put('a', 1)
  const workspace = kernel.child()
  expect([kernel.get('a'), workspace.get('a'), workspace.has('a')]).toEqual([1, 1, true])
  expect(() => kernel.put('a', 2)).toThrow("'a' is already registered")
  workspace.put('a', 2)
  expect([kernel.get('a'), workspace.get('a')]).toEqual([1, 2])
})

it('shares nothing with another container', () => {
  const left = createContainer()
  left.put('a', 1)
  const right = createContainer()
  expect(right.has('a')).toBe(false)
  expect(() => right.get('a')).toThrow()
})

it.each([undefined, null, false, 0, ''])('holds %j like any other value', (value) => {
  const container = createContainer()
  container.put('name', value)
  expect([container.has('name'), container.get('name')]).toEqual([true, value])
})
