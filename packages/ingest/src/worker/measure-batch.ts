import type { Meter } from '@tenon/kernel/contracts'
import { planEvents, replayAttempts } from '../metrics.ts'
import type { PlanTally } from '../plans/plan-check.ts'
import { BECAME, type Outcomes } from './tally.ts'

/** Once the batch is closed: one that is done again counts once. */
export function measureBatch(meter: Meter, { failed, settled }: Pick<Outcomes, 'failed' | 'settled'>, plans: PlanTally): void {
  for (const [outcome, count] of Object.entries(plans)) if (count > 0) meter.count(planEvents, { outcome }, count)
  const attempts = [...failed, ...settled].filter(({ replay }) => replay !== undefined)
  for (const [outcome, of] of Map.groupBy(attempts, ({ state }) => BECAME[state])) meter.count(replayAttempts, { outcome }, of.length)
}
