import { orderTransformations } from '@tenon/ingest'
import type { Kernel } from '@tenon/kernel/runtime'
import type { storingNeeds } from './host.ts'

/** An edition whose transformations have no order does not run. */
export async function orderOrStop({
  needs,
  instances,
  stop,
}: Pick<Kernel<typeof storingNeeds>, 'needs' | 'instances' | 'stop'>): Promise<ReturnType<typeof orderTransformations>> {
  try {
    return orderTransformations(needs.transformations, instances)
  } catch (error) {
    await stop()
    throw error
  }
}
