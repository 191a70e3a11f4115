import type { InstanceId } from '@tenon/kernel'
import type { Meter, TransformOutcome } from '@tenon/kernel/contracts'
import { transformationEvents, transformationSeconds } from '../metrics.ts'

/** What one call of a transformation took, and said. */
export function measureTransformation(
  meter: Meter,
  { instance, begun, outcomes }: { readonly instance: InstanceId; readonly begun: number; readonly outcomes: readonly TransformOutcome[] },
): void {
  meter.observe(transformationSeconds, { instance }, (performance.now() - begun) / 1_000)
  for (const [outcome, of] of Map.groupBy(outcomes, ({ kind }) => kind)) meter.count(transformationEvents, { instance, outcome }, of.length)
}
