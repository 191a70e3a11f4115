import type { Item } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blend } from './blend.ts'
import { rerank } from './rerank.ts'

const candidate = (item: string) => ({ item, score: 1, reasons: [{ code: 'TEST', detail: {} }] })

describe('blend', () => {
  it('adds reciprocal ranks and keeps who said what', () => {
    const answer = blend([
      { source: 'a', weight: 1, candidates: ['x', 'y'].map(candidate) },
      { source: 'b', weight: 2, candidates: ['y', 'z'].map(candidate) },
    ])
    expect(answer.map(({ item, sources }) => [item, sources])).toEqual([
      ['y', ['a', 'b']],
      ['z', ['b']],
      ['x', ['a']],
    ])
    expect(answer[0]?.score).toBeCloseTo(1 / 62 + 2 / 61)
    expect(answer[0]?.reasons).toHaveLength(2)
  })

  it('never ranks an item lower that every source ranks higher', () => {
    const ranking = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e'], { minLength: 2 })
    fc.assert(
      fc.property(fc.array(ranking, { minLength: 1, maxLength: 4 }), (rankings) => {
        const answer = blend(rankings.map((items, index) => ({ source: `s${index}`, weight: 1, candidates: items.map(candidate) })))
        const place = (item: string) => answer.findIndex((entry) => entry.item === item)
        for (const one of answer) {
          for (const other of answer) {
            const better = rankings.every(
              (items) => items.includes(one.item) && (!items.includes(other.item) || items.indexOf(one.item) < items.indexOf(other.item)),
            )
            if (one.item !== other.item && better) expect(place(one.item)).toBeLessThan(place(other.item))
          }
        }
      }),
    )
  })
})

describe('rerank', () => {
  const item = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    available: fc.boolean(),
    categories: fc.array(fc.constantFrom('food', 'toys'), { maxLength: 2 }),
    product: fc.option(fc.constantFrom('p', 'q'), { nil: undefined }),
  })
  const catalogueOf = (rows: readonly { id: string; available: boolean; categories: string[]; product: string | undefined }[]) =>
    new Map(
      rows.map(({ product, ...row }): [string, Item] => [
        row.id,
        { ...row, title: row.id, attributes: {}, ...(product === undefined ? {} : { product }) },
      ]),
    )

  it('shows only what may be shown, one variant of a product, in the order of the score', () => {
    fc.assert(
      fc.property(fc.array(item), fc.subarray(['a', 'b', 'c']), fc.integer({ min: 0, max: 5 }), (rows, hidden, limit) => {
        const catalogue = catalogueOf(rows)
        const candidates = [...'abcdefghz'].map((id, index) => ({ item: id, score: 10 - index, sources: ['s'], reasons: [] }))
        const shown = rerank(candidates, { catalogue, hidden: new Set(hidden), limit, perCategory: 2 })
        expect(shown.length).toBeLessThanOrEqual(limit)
        expect(shown.map(({ score }) => score)).toEqual(shown.map(({ score }) => score).sort((a, b) => b - a))
        const products = shown.map(({ details }) => details.product).filter((product) => product !== undefined)
        expect(new Set(products).size).toBe(products.length)
        for (const { item: id, details } of shown) {
          expect(details.available).toBe(true)
          expect(hidden).not.toContain(id)
          const sameCategory = shown.filter(
            (other) => details.categories.at(-1) !== undefined && other.details.categories.at(-1) === details.categories.at(-1),
          )
          expect(sameCategory.length).toBeLessThanOrEqual(2)
        }
      }),
    )
  })

  it('hides the other variants of what is hidden', () => {
    const catalogue = catalogueOf([
      { id: 'a', available: true, categories: [], product: 'p' },
      { id: 'b', available: true, categories: [], product: 'p' },
      { id: 'c', available: true, categories: [], product: undefined },
    ])
    const candidates = ['b', 'c'].map((id) => ({ item: id, score: 1, sources: [], reasons: [] }))
    expect(rerank(candidates, { catalogue, hidden: new Set(['a']), limit: 5 }).map(({ item: id }) => id)).toEqual(['c'])
  })
})
