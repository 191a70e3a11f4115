import { type Meter, noMeter } from '@tenon/kernel/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createWorld, type Operation, type World } from '../world.fixture.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

it.each<Operation>(['judgeBatch', 'insertRows', 'closeBatch'])(
  'an event is counted once, however often its batch is opened because of %s',
  async (step) => {
    const counted: unknown[] = []
    const count: Meter['count'] = ({ name }, labels, by) => {
      if (name === 'tenon_identity_events_total') counted.push([labels, by])
    }
    const ingest = await world.start({ meter: { ...noMeter, count } })
    await world.send(ingest, '/v1/track', { event: 'Known', messageId: `${step}-0`, userId: step })
    await ingest.idle()
    let left = 3
    world.sabotage = (operation) => (operation === step && left-- > 0 ? 'before' : undefined)
    await world.send(ingest, '/v1/track', { event: 'Away', messageId: `${step}-1`, userId: step })
    await ingest.idle()
    expect(left).toBeLessThanOrEqual(0)
    expect(counted).toEqual([
      [{ outcome: 'create' }, 1],
      [{ outcome: 'attach' }, 1],
    ])
    await world.halt()
  },
)
