import type { Transformation } from '@tenon/kernel/contracts'
import { formatCycle, type InstanceView, plan } from '@tenon/kernel/runtime'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderTransformations } from './order-transformations.ts'

interface Sketch {
  readonly instance: string
  readonly after?: readonly string[]
  readonly needs?: readonly string[]
  /** Absent: a plugin of another kind. */
  readonly transforms?: boolean
  /** It did not start, and the edition goes on without it. */
  readonly failed?: boolean
}

const PROVIDES = ['tenon.transformation/1'] as const

function orderOf(sketches: readonly Sketch[]): readonly string[] {
  const instances = sketches.map(
    ({ instance, needs = [], transforms = true }): Pick<InstanceView, 'instance' | 'needs' | 'provides'> => ({
      instance,
      needs: [{ name: 'x', capability: 'acme.x/1', required: true, from: needs }],
      provides: transforms ? PROVIDES : [],
    }),
  )
  const transformations = new Map(
    sketches
      .filter(({ transforms = true, failed = false }) => transforms && !failed)
      .map(({ instance, after }): [string, Transformation] => [
        instance,
        { label: { en: instance }, ...(after === undefined ? {} : { after }), transform: async () => [] },
      ]),
  )
  return [...orderTransformations(transformations, instances).keys()]
}

describe('the order of transformations', () => {
  it('is the written one where nobody says otherwise', () => {
    expect(orderOf([{ instance: 'c' }, { instance: 'a' }, { instance: 'source', transforms: false }, { instance: 'b' }])).toEqual([
      'c',
      'a',
      'b',
    ])
  })

  it('puts behind what is said to be after, and what needs another', () => {
    expect(orderOf([{ instance: 'pii', after: ['geo'] }, { instance: 'ua' }, { instance: 'geo' }])).toEqual(['geo', 'pii', 'ua'])
    const throughAnother = [
      { instance: 'a', needs: ['lookup'] },
      { instance: 'lookup', needs: ['b'], transforms: false },
      { instance: 'b' },
    ]
    expect(orderOf(throughAnother)).toEqual(['b', 'a'])
  })

  it('refuses who waits for itself, or for nobody', () => {
    expect(() =>
      orderOf([
        { instance: 'a', after: ['b'] },
        { instance: 'b', after: ['a'] },
      ]),
    ).toThrow('a -[after]-> b -[after]-> a')
    expect(() => orderOf([{ instance: 'a', after: ['a'] }])).toThrow('wait for each other')
    expect(() =>
      orderOf([
        { instance: 'a', needs: ['b'] },
        { instance: 'b', after: ['a'] },
      ]),
    ).toThrow('wait for each other')
    expect(() => orderOf([{ instance: 'a', after: ['nobody'] }])).toThrow(
      expect.objectContaining({ code: 'TENON_TRANSFORMATION_ORDER_INVALID', message: expect.stringContaining("after 'nobody'") }),
    )
    expect(() =>
      orderOf([
        { instance: 'a', after: ['source'] },
        { instance: 'source', transforms: false },
      ]),
    ).toThrow("after 'source'")
  })

  it('goes on without one that did not start', () => {
    expect(
      orderOf([
        { instance: 'a', after: ['b'] },
        { instance: 'b', failed: true },
      ]),
    ).toEqual(['a'])
  })

  it('keeps every wish there is an order for, the same each time', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const
    const wishes = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 8 })
    fc.assert(
      fc.property(fc.shuffledSubarray([...names], { minLength: names.length }), wishes, (written, pairs) => {
        const sketches = written.map((instance) => ({
          instance,
          after: pairs.filter(([left]) => left === instance).map(([, right]) => right),
        }))
        const { cycles } = plan(
          sketches.map(({ instance, after }) => ({ name: instance, needs: after.map((to) => ({ to, capability: 'after' })) })),
        )
        const [cycle] = cycles
        if (cycle !== undefined) {
          expect(() => orderOf(sketches)).toThrow(formatCycle(cycle))
          return
        }
        const order = orderOf(sketches)
        expect([...order].sort()).toEqual([...names])
        for (const [left, right] of pairs) expect(order.indexOf(left)).toBeGreaterThan(order.indexOf(right))
        expect(orderOf(sketches)).toEqual(order)
        if (pairs.length === 0) expect(order).toEqual(written)
      }),
    )
  })
})
