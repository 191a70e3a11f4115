import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countEngine, keepLooking, look, type Sent, type Watch, workspace } from './conservation.fixture.ts'
import { createFailedEvents } from './failed/failed-events.ts'
import type { Ingest } from './ingest.ts'
import { ingestKinds } from './log/log-places.fixture.ts'
import { createWorld, type Operation, quiet, type World } from './world.fixture.ts'

const STEPS: readonly Operation[] = ['openBatch', 'judgeBatch', 'insertRows', 'insertFailed', 'closeBatch']

describe.each(ingestKinds)('conservation over a $kind log', (kind) => {
  let world: World
  beforeAll(async () => {
    if (kind.missing === undefined) world = await createWorld(kind)
  })
  afterAll(() => world?.close())

  const event = fc.record({
    type: fc.constant('track'),
    event: fc.constantFrom('A', 'B', ''),
    messageId: fc.oneof(
      fc.constantFrom('m1', 'm2', 'm3', 'm4'),
      fc.nat(1_000_000).map((number) => `n${number}`),
    ),
    userId: fc.constantFrom('1', '2', '3'),
    context: fc.constantFrom({}, {}, {}, { consent: { collect: false } }, { consent: { collect: true } }),
  })
  const action = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('send' as const), batch: fc.array(event, { minLength: 1, maxLength: 10 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('fault' as const),
        step: fc.constantFrom(...STEPS),
        when: fc.constantFrom('before' as const, 'after' as const),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ do: 'replay' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  )

  it.skipIf(kind.missing !== undefined)(
    'holds whenever somebody looks, by what the engine has and what senders were promised',
    { timeout: 240_000 },
    async () => {
      const sender: Sent = { acknowledged: 0, sent: 0, replaying: 0 }
      const limits = { batchEvents: 3, longestPauseMs: 100 }
      let watch: Watch | undefined
      const replay = async (ingest: Ingest): Promise<void> => {
        const failed = createFailedEvents({
          store: world.store,
          analytics: world.analytics,
          ingest,
          logger: quiet,
          clock: { now: () => world.now },
        })
        const { rows } = await world.analytics.in(workspace).failedEvents({ state: 'open', limit: 4 })
        sender.replaying += rows.length
        for (const { id, payload } of rows) {
          await failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Mended"'), actor: 'an' })
          await failed.replay({ workspace, id })
        }
      }
      const send = async (ingest: Ingest, batch: readonly object[]): Promise<void> => {
        sender.sent += batch.length
        expect((await world.send(ingest, '/v1/batch', { batch })).status).toBe(200)
        sender.acknowledged += batch.length
      }
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 14 }), async (actions) => {
          await watch?.stop().catch(() => undefined)
          await world.halt()
          let ingest = await world.start({ limits })
          const watchNow = () => keepLooking(() => look(world, ingest.measure, sender))
          watch = watchNow()
          for (const one of actions) {
            if (one.do === 'fault') {
              let left = 1
              world.sabotage = (operation) => (operation === one.step && left-- > 0 ? one.when : undefined)
            } else if (one.do === 'restart') {
              await watch.stop()
              await ingest.stop({ drainMs: 0 })
              ingest = await world.start({ limits })
              watch = watchNow()
            } else {
              await (one.do === 'send' ? send(ingest, one.batch) : replay(ingest))
              await watch.again()
            }
          }
          world.sabotage = () => undefined
          await ingest.idle()
          await watch.stop()
          sender.replaying = 0
          expect(await look(world, ingest.measure, sender)).toBe(true)
          const { received, stored, duplicate, inLog } = await ingest.measure()
          const engine = await countEngine(world)
          expect({ inLog, received, stored }).toEqual({ inLog: 0, received: sender.sent, stored: engine.stored })
          expect(engine.stored + engine.failed + duplicate).toBe(sender.sent)
          await ingest.stop()
        }),
        { numRuns: 12 },
      )
    },
  )
})
