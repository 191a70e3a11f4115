/** Start order from names alone. Pure: no plugin code runs here. */
export interface Edge {
  readonly to: string
  /** The capability that makes the edge. */
  readonly capability: string
}

export interface Node {
  readonly name: string
  /** What must be up before it, each with the capability that it is needed for. */
  readonly needs: readonly Edge[]
}

export interface CycleStep {
  readonly consumer: string
  readonly capability: string
  readonly provider: string
}

/** Steps in order; the provider of the last is the consumer of the first. */
export type Cycle = readonly CycleStep[]

export interface Plan {
  /** Providers before consumers, ties as written. Complete only when there are no cycles. */
  readonly order: readonly string[]
  /** One per knot: every node is in at most one reported cycle. */
  readonly cycles: readonly Cycle[]
}

/** Depth first in the written order, so that the same edition always starts the same way. */
export function plan(nodes: readonly Node[]): Plan {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const order: string[] = []
  const cycles: Cycle[] = []
  const knotted = new Set<string>()
  const state = new Map<string, 'open' | 'done'>()
  const path: CycleStep[] = []

  const close = (step: CycleStep): void => {
    const start = path.findIndex(({ consumer }) => consumer === step.provider)
    const cycle = start < 0 ? [step] : [...path.slice(start), step]
    if (cycle.some(({ consumer }) => knotted.has(consumer))) return
    for (const { consumer } of cycle) knotted.add(consumer)
    cycles.push(cycle)
  }
  const visit = (node: Node): void => {
    state.set(node.name, 'open')
    for (const { to, capability } of node.needs) {
      const provider = byName.get(to)
      const step = { consumer: node.name, capability, provider: to }
      if (provider === undefined || state.get(to) === 'done') continue
      if (state.get(to) === 'open') {
        close(step)
        continue
      }
      path.push(step)
      visit(provider)
      path.pop()
    }
    state.set(node.name, 'done')
    order.push(node.name)
  }
  for (const node of nodes) if (!state.has(node.name)) visit(node)
  return { order, cycles }
}

/** `identity -[tenon.consent/1]-> consent -[tenon.identity/1]-> identity` */
export function formatCycle(cycle: Cycle): string {
  const [first] = cycle
  return cycle.reduce((text, { capability, provider }) => `${text} -[${capability}]-> ${provider}`, first?.consumer ?? '')
}
