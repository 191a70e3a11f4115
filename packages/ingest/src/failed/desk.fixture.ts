import type { FailedEvent } from '@tenon/analytics'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Ingest } from '../ingest.ts'
import { createWorld, quiet, type World } from '../world.fixture.ts'
import { createFailedEvents, type FailedEvents } from './failed-events.ts'

export const workspace = 'shop'

/** What the tests of failed events share: one world a file, and in each test an ingest and a station of its own. */
export interface Desk {
  readonly world: World
  ingest: Ingest
  failed: FailedEvents
  open(over: Pick<Ingest, 'replay' | 'idle'>, tries?: number): FailedEvents
  list(filter?: object): Promise<readonly FailedEvent[]>
  find(messageId: string): Promise<FailedEvent>
  send(path: string, body: object): ReturnType<World['send']>
  stored(userId: string): Promise<Awaited<ReturnType<ReturnType<World['analytics']['in']>['events']>>['rows']>
  /** Resolves when the replay is done. */
  done(id: string, over?: World): Promise<NonNullable<Awaited<ReturnType<ReturnType<World['store']['in']>['replays']['get']>>>>
}

/** Opens a desk before the tests of a file, and closes it behind them. */
export function openDesk(): Desk {
  const opened: { world?: World; ingest?: Ingest; failed?: FailedEvents } = {}
  const there = <T>(one: T | undefined): T => {
    if (one === undefined) throw new Error('the test has not begun')
    return one
  }
  const desk: Desk = {
    get world() {
      return there(opened.world)
    },
    get ingest() {
      return there(opened.ingest)
    },
    set ingest(ingest) {
      opened.ingest = ingest
    },
    get failed() {
      return there(opened.failed)
    },
    set failed(failed) {
      opened.failed = failed
    },
    open: (over, tries = 1_000) =>
      createFailedEvents({
        store: desk.world.store,
        analytics: desk.world.analytics,
        ingest: over,
        clock: { now: () => new Date(desk.world.now) },
        logger: quiet,
        patience: { pauseMs: 5, tries },
      }),
    list: async (filter = {}) => (await desk.world.analytics.in(workspace).failedEvents({ limit: 1_000, ...filter })).rows,
    async find(messageId) {
      const found = (await desk.list()).find((one) => one.messageId === messageId)
      if (found === undefined) throw new Error(`no failed event ${messageId}`)
      return found
    },
    send: (path, body) => desk.world.send(desk.ingest, path, body),
    async stored(userId) {
      const profile = await desk.world.store.in(workspace).profiles.find({ type: 'user_id', value: userId })
      return profile === undefined ? [] : (await desk.world.analytics.in(workspace).events({ profile, limit: 1_000 })).rows
    },
    async done(id, over = desk.world) {
      for (let time = 0; time < 400; time++) {
        const replay = await over.store.in(workspace).replays.get(id)
        if (replay?.state === 'done') return replay
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      throw new Error('the replay has no end')
    },
  }
  beforeAll(async () => {
    opened.world = await createWorld()
  })
  afterAll(() => desk.world.close())
  beforeEach(async () => {
    desk.ingest = await desk.world.start()
    await desk.ingest.idle()
    desk.failed = desk.open(desk.ingest)
    desk.failed.start()
  })
  afterEach(async () => {
    desk.world.sabotage = () => undefined
    await desk.failed.stop()
    await desk.ingest.stop({ drainMs: 0 })
  })
  return desk
}

export const sum = ({ stored, duplicate, failed, dropped, inLog }: ReturnType<Ingest['stats']>): number =>
  stored + duplicate + failed + dropped + inLog

export const bad = (messageId: string, userId: string) => ({
  ...{ type: 'track', event: '', messageId, userId },
  properties: { total: 3 },
})
