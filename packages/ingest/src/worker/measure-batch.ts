import type { Meter } from '@tenon/kernel/contracts'
import { measureResolution, type ResolutionTally } from '../identity/measure-resolution.ts'
import { planEvents, replayAttempts } from '../metrics.ts'
import type { PlanTally } from '../plans/plan-check.ts'
import { BECAME, type Outcomes } from './tally.ts'

/** Once the batch is closed: one that is done again counts once, as it came out the last time. */
export function measureBatch(
  meter: Meter,
  { failed, settled }: Pick<Outcomes, 'failed' | 'settled'>,
  { plans, resolutions }: { readonly plans: PlanTally; readonly resolutions: readonly ResolutionTally[] },
): void {
  for (const tally of resolutions) measureResolution(meter, tally)
  for (const [outcome, count] of Object.entries(plans)) if (count > 0) meter.count(planEvents, { outcome }, count)
  const attempts = [...failed, ...settled].filter(({ replay }) => replay !== undefined)
  for (const [outcome, of] of Map.groupBy(attempts, ({ state }) => BECAME[state])) meter.count(replayAttempts, { outcome }, of.length)
}
