import type { InstanceId } from '@tenon/kernel'
import { transformation as capability, type Transformation } from '@tenon/kernel/contracts'
import { formatCycle, type InstanceView, type Node, plan } from '@tenon/kernel/runtime'
import { TransformationOrderInvalid } from '../errors.ts'
import type { Transformations } from './transform-events.ts'

/**
 * The order in which transformations run: whoever is named in `after` and whoever provides what an instance needs comes first; among the
 * others the start order of the edition decides, which is the written one. The same edition always has the same order.
 *
 * @throws TENON_TRANSFORMATION_ORDER_INVALID where an instance is unknown, or waits for itself.
 */
export function orderTransformations(
  transformations: ReadonlyMap<InstanceId, Transformation>,
  /** All of the edition, in start order. */
  instances: readonly Pick<InstanceView, 'instance' | 'needs' | 'provides'>[],
): Transformations {
  const known = new Set(instances.flatMap(({ instance, provides }) => (provides.includes(capability.id) ? [instance] : [])))
  const nodes = instances.map(({ instance, needs }): Node => {
    const provided = needs.flatMap(({ from, capability: id }) => (from === 'host' ? [] : from.map((to) => ({ to, capability: id }))))
    const after = transformations.get(instance)?.after ?? []
    for (const to of after) {
      // One that the edition goes on without is known too.
      if (known.has(to)) continue
      throw TransformationOrderInvalid.create({ problem: `'${instance}' runs after '${to}', which is no transformation of this edition` })
    }
    return { name: instance, needs: [...provided, ...after.map((to) => ({ to, capability: 'after' }))] }
  })
  const { order, cycles } = plan(nodes)
  const [cycle] = cycles
  if (cycle !== undefined) throw TransformationOrderInvalid.create({ problem: `they wait for each other: ${formatCycle(cycle)}` })
  return new Map(
    order.flatMap((instance) => {
      const transformation = transformations.get(instance)
      return transformation === undefined ? [] : [[instance, transformation] as const]
    }),
  )
}
