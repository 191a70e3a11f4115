import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCycle, type Node, plan } from './graph.ts'

const node = (name: string, ...needs: readonly string[]): Node => ({ name, needs: needs.map((to) => ({ to, capability: `c.${to}/1` })) })

/** Every node may need any earlier one, then the list is shuffled: never a cycle. */
const acyclic = fc
  .array(fc.array(fc.nat(30), { maxLength: 5 }), { maxLength: 25 })
  .map((rows) => rows.map((needs, index) => node(`n${index}`, ...needs.filter((to) => to < index).map((to) => `n${to}`))))
  .chain((nodes) => fc.shuffledSubarray(nodes, { minLength: nodes.length }))

const anything = fc
  .array(fc.array(fc.nat(12), { maxLength: 4 }), { minLength: 1, maxLength: 13 })
  .map((rows) => rows.map((needs, index) => node(`n${index}`, ...needs.filter((to) => to < rows.length).map((to) => `n${to}`))))

/** Kahn's algorithm, as an independent opinion. */
function hasCycle(nodes: readonly Node[]): boolean {
  let left = [...nodes]
  while (true) {
    const names = new Set(left.map(({ name }) => name))
    const blocked = left.filter(({ needs }) => needs.some(({ to }) => names.has(to)))
    if (blocked.length === left.length) return left.length > 0
    left = blocked
  }
}

describe('plan', () => {
  it('keeps the written order where nothing speaks against it', () => {
    expect(plan([node('c', 'b'), node('a'), node('b')]).order).toEqual(['b', 'c', 'a'])
    expect(plan([node('z'), node('y'), node('x')]).order).toEqual(['z', 'y', 'x'])
  })

  it('puts providers before consumers, each once', () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const { order, cycles } = plan(nodes)
        expect(cycles).toEqual([])
        expect([...order].sort()).toEqual(nodes.map(({ name }) => name).sort())
        for (const { name, needs } of nodes) for (const { to } of needs) expect(order.indexOf(to)).toBeLessThan(order.indexOf(name))
      }),
    )
  })

  it('reports a cycle exactly where there is one, and each is a real closed walk', () => {
    fc.assert(
      fc.property(anything, (nodes) => {
        const { cycles } = plan(nodes)
        expect(cycles.length > 0).toBe(hasCycle(nodes))
        const seen = new Set<string>()
        for (const cycle of cycles) {
          cycle.forEach(({ consumer, provider, capability }, index) => {
            expect(nodes.find(({ name }) => name === consumer)?.needs).toContainEqual({ to: provider, capability })
            expect(cycle[(index + 1) % cycle.length]?.consumer).toBe(provider)
            expect(seen.has(consumer)).toBe(false)
            seen.add(consumer)
          })
        }
      }),
    )
  })

  it('names a circle with the capability of each edge', () => {
    const { cycles } = plan([node('a', 'b'), node('b', 'c'), node('c', 'a'), node('self', 'self')])
    expect(cycles.map(formatCycle)).toEqual(['a -[c.b/1]-> b -[c.c/1]-> c -[c.a/1]-> a', 'self -[c.self/1]-> self'])
  })
})
