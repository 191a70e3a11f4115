import type { Channel } from '@tenon/kernel/contracts'
import type { AttemptOutcome, Store } from '@tenon/store'
import { backOffMs } from './back-off.ts'
import { type HandOverTools, handOver } from './hand-over.ts'
import { countOutcomes } from './metrics.ts'
import { createTokenBucket } from './token-bucket.ts'
import { createWake } from './wake.ts'

/** Sends the messages of one channel, workspace by workspace in turn. Each channel has its own: a dead one slows no other. */
export interface ChannelWorker {
  start(): void
  /** Something may be due. */
  kick(): void
  /** Sends all that is due now and allowed by the rate. How many messages were taken. */
  work(): Promise<number>
  /** Takes no more; ends when what is in hand is recorded. At the signal calls are given up. */
  drain(signal: AbortSignal): Promise<void>
}

export interface WorkerOptions extends HandOverTools {
  readonly store: Pick<Store, 'in'>
  readonly instance: string
  readonly channel: Channel
  readonly workspaces: () => Promise<readonly string[]>
  readonly leaseMs: number
  readonly pollMs: number
}

export function createChannelWorker(options: WorkerOptions): ChannelWorker {
  const { store, instance, channel, workspaces, leaseMs, pollMs, clock, logger, meter, retry, random } = options
  const bucket = createTokenBucket(channel.limits.perSecond)
  const wake = createWake()
  const stop = new AbortController()
  const giveUp = new AbortController()
  /** Outcomes that the store would not take, by workspace: told again before anything else is sent there. */
  const untold = new Map<string, readonly AttemptOutcome[]>()
  let loop: Promise<void> | undefined
  let turn: Promise<number> = Promise.resolve(0)
  let failures = 0
  let restsUntil = Number.NEGATIVE_INFINITY
  let first = 0

  async function tell(workspace: string, outcomes: readonly AttemptOutcome[]): Promise<void> {
    const all = [...(untold.get(workspace) ?? []), ...outcomes]
    untold.set(workspace, all)
    if (all.length > 0) await store.in(workspace).messages.record(all)
    untold.delete(workspace)
  }

  /** One batch of one workspace; 0 when it has nothing due, undefined when the channel may not send now. */
  async function serve(workspace: string): Promise<number | undefined> {
    const now = clock.now()
    const limit = Math.min(bucket.available(now), channel.limits.batch)
    if (stop.signal.aborted || limit < 1 || now.getTime() < restsUntil) return undefined
    await tell(workspace, [])
    const claimed = await store.in(workspace).messages.claim({ channel: instance, limit, leaseMs })
    if (claimed.length === 0) return 0
    bucket.take(claimed.length, now)
    const { outcomes, brokenForMs } = await handOver(
      claimed,
      { instance, channel, workspace: store.in(workspace), signal: giveUp.signal },
      options,
    )
    countOutcomes(meter, instance, outcomes)
    failures = brokenForMs === undefined ? 0 : failures + 1
    if (brokenForMs !== undefined) {
      restsUntil = clock.now().getTime() + backOffMs(retry, { attempt: failures, askedMs: brokenForMs, random })
    }
    await tell(workspace, outcomes)
    return claimed.length
  }

  async function round(): Promise<number> {
    const all = await workspaces()
    let taken = 0
    for (let step = 0; step < all.length; step++) {
      const workspace = all[(first + step) % all.length]
      const served = workspace === undefined ? 0 : await serve(workspace)
      if (served === undefined) {
        // The next round begins with the one that did not get its turn.
        first = (first + step) % all.length
        return taken
      }
      taken += served
    }
    return taken
  }

  async function workNow(): Promise<number> {
    let taken = 0
    for (let last = await round(); last > 0; last = await round()) taken += last
    return taken
  }

  /** Two rounds never overlap: the order of a person's messages is kept by the claim, the rate by the turn. */
  function work(): Promise<number> {
    turn = turn.then(workNow, workNow)
    return turn
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await work()
      } catch (error) {
        logger?.error('a channel worker could not go on; it tries again', {
          instance,
          problem: error instanceof Error ? error.name : 'thrown',
        })
      }
      await wake.sleep(Math.min(pollMs, bucket.waitMs(clock.now()) || pollMs), stop.signal)
    }
  }

  return {
    start() {
      loop ??= run()
    },
    kick: wake.call,
    work,
    async drain(signal) {
      stop.abort()
      wake.call()
      const abort = (): void => giveUp.abort()
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      await Promise.allSettled([loop, turn])
      signal.removeEventListener('abort', abort)
      for (const workspace of untold.keys()) await tell(workspace, [])
    },
  }
}
