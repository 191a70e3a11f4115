import { openMeter } from '@tenon/api'
import type { MetricSpec } from '@tenon/kernel/contracts'
import { expect, it } from 'vitest'
import { addToMeter, createTally } from './tally.ts'

const seen: MetricSpec<'how'> = { name: 'tenon_seen_total', kind: 'counter', help: 'Seen.', labels: ['how'] }
const took: MetricSpec = { name: 'tenon_took_seconds', kind: 'histogram', help: 'Took.', labels: [] }

it('measures in one process what was measured in another, and each thing once', async () => {
  const [here, there] = [openMeter(), openMeter()]
  const tally = createTally()
  for (const meter of [here, tally]) {
    meter.count(seen, { how: 'well' }, 3)
    meter.count(seen, { how: 'badly' })
    for (const value of [0.002, 0.002, 7]) meter.observe(took, {}, value)
  }
  addToMeter(there, structuredClone(tally.take()))
  addToMeter(there, structuredClone(tally.take()))
  expect(await there.print()).toBe(await here.print())
  for (const meter of [here, tally]) meter.count(seen, { how: 'well' })
  addToMeter(there, structuredClone(tally.take()))
  expect(await there.print()).toBe(await here.print())
})
