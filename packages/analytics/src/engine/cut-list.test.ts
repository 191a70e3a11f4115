import { expect, it } from 'vitest'
import { cutList } from './cut-list.ts'

/** As the client writes them. */
const bytesOf = (texts: readonly string[]): number =>
  Buffer.byteLength(`[${texts.map((text) => `'${text.replaceAll(/[\t\n\r'\\]/g, (escaped) => `\\${escaped}`)}'`).join(',')}]`)
const long = (unit: string): readonly string[] =>
  Array.from({ length: 2_000 }, (_, index) => `${index} ${unit.repeat(256)}`.slice(0, 256).toWellFormed())

it.each([
  ['plain', long('x')],
  ['quoted', long("'")],
  ['escaped', long('\\\t\n\r')],
  ['Chinese', long('榫')],
  ['beyond the first plane', long('💧')],
])('pieces of %s ids of 256 characters are all of them in their order, and each is full and fits', (_what, ids) => {
  const pieces = cutList(ids, 65_536)
  expect(pieces.flat()).toEqual(ids)
  const sizes = pieces.map(bytesOf)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(65_537)
  expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(60_000)
})

it('what is too long by itself goes alone, and nothing makes no piece', () => {
  expect(cutList(['a', 'x'.repeat(99), 'b', 'c'], 20)).toEqual([['a'], ['x'.repeat(99)], ['b', 'c']])
  expect(cutList([1, 22, 333, 4], 6)).toEqual([
    [1, 22],
    [333, 4],
  ])
  expect(cutList([], 20)).toEqual([])
})
