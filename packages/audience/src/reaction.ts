import { setTimeout as pause } from 'node:timers/promises'
import type { Analytics } from '@tenon/analytics'
import type { Clock, Logger, Meter, ProfileId } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { StationStopped } from './errors.ts'
import type { Evaluator } from './evaluation/evaluator.ts'
import { measureLag } from './metrics.ts'

const CURSOR_KEY = 'audience.cursor'
/** Batches are numbered when they are opened, and several processes store theirs at once: lower numbers may come after higher ones. */
const OVERLAP = 100
const LONGEST_PAUSE_MS = 30_000

/** Evaluates those whose events are new, soon after they are stored. */
export interface Reaction {
  /** The events of this batch are stored: those of these workspaces, or of any. */
  stored(batch: number, workspaces?: Iterable<string>, receivedAt?: Date): void
  /** Others stored events, and may be gone before they evaluated whom they touch: looks back as after a start. */
  catchUp(): void
  /** Something other than an event changed about these people. Not remembered over a restart: a full evaluation sees it too. */
  changed(workspace: string, profiles: readonly ProfileId[]): void
  start(): void
  /** Resolves when everything told so far has been evaluated. Rejects when it is stopped before. */
  idle(): Promise<void>
  stop(): Promise<void>
  health(): { readonly failures: number; readonly lastError: string | undefined; readonly behind: boolean }
}

/** What is new in a workspace: batches from `first` to `last`, and people. */
interface News {
  readonly first: number
  readonly last: number
  /** Also what was stored while nobody listened. */
  readonly isBehind: boolean
  readonly profiles: ReadonlySet<ProfileId>
  /** When the first of the events was received, where that is known: milliseconds. */
  readonly receivedAt: number
}

const NOTHING: News = Object.freeze({
  first: Number.POSITIVE_INFINITY,
  last: 0,
  isBehind: false,
  profiles: new Set<ProfileId>(),
  receivedAt: Number.POSITIVE_INFINITY,
})

const joined = (left: News, right: News): News => ({
  first: Math.min(left.first, right.first),
  last: Math.max(left.last, right.last),
  isBehind: left.isBehind || right.isBehind,
  profiles: new Set([...left.profiles, ...right.profiles]),
  receivedAt: Math.min(left.receivedAt, right.receivedAt),
})

export function createReaction(options: {
  readonly store: Store
  readonly analytics: Analytics
  readonly evaluator: Evaluator
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  /** Time to collect events before an evaluation, milliseconds. */
  readonly lingerMs: number
}): Reaction {
  const { store, analytics, evaluator, clock, logger, meter, lingerMs } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const waiters = new Set<{ readonly ticket: number; done(): void; failed(error: Error): void }>()
  const news = new Map<string, News>()
  /** For every workspace there is. */
  let everywhere: News = { ...NOTHING, isBehind: true }
  let asked = 1
  let done = 0
  let failures = 0
  let lastError: string | undefined
  let wake: () => void = () => {}
  let running: Promise<void> | undefined

  function add(workspace: string, more: News): void {
    news.set(workspace, joined(news.get(workspace) ?? NOTHING, more))
  }

  async function reactIn(workspace: string, { first, last, isBehind, profiles, receivedAt }: News): Promise<void> {
    const { kv } = store.in(workspace)
    const cursor = Number((await kv.get(CURSOR_KEY)) ?? 0)
    const afterBatch = isBehind ? Math.min(first - 1, Math.max(0, cursor - OVERLAP)) : first - 1
    const upToBatch = isBehind ? Number.MAX_SAFE_INTEGER : last
    const touched = upToBatch > afterBatch ? await analytics.in(workspace).touched({ afterBatch, upToBatch, signal }) : []
    const all = [...new Set([...touched, ...profiles])]
    if (all.length > 0) {
      const { report, rest } = await evaluator.start({ workspace, profiles: all, signal })
      // A model that takes its time holds nobody up. What it could not do for want of a store is done again, as long as we live.
      rest.catch(() => changed(workspace, all))
      if (report.transitions.length > 0 && receivedAt < Number.POSITIVE_INFINITY)
        measureLag(meter, { received: new Date(receivedAt), recorded: clock.now() })
    }
    // After the evaluation: who is evaluated twice does not change, who is not would wait for the next full one.
    if (last > cursor) await kv.set(CURSOR_KEY, last)
  }

  /** Everything told so far, workspace by workspace; what fails in one waits, and the others go on. */
  async function round(): Promise<void> {
    const ticket = asked
    const all = everywhere
    if (all !== NOTHING) {
      for (const { id } of await store.workspaces.list()) add(id, all)
      // What was told meanwhile stays for the next round, with what this one does: it is done twice.
      if (everywhere === all) everywhere = NOTHING
    }
    const work = [...news]
    news.clear()
    const errors: unknown[] = []
    for (const [workspace, what] of work) {
      try {
        signal.throwIfAborted()
        await reactIn(workspace, what)
      } catch (error) {
        add(workspace, what)
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
    done = ticket
    for (const waiter of waiters) {
      if (waiter.ticket > done) continue
      waiters.delete(waiter)
      waiter.done()
    }
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const { promise: woken, resolve } = Promise.withResolvers<void>()
      wake = resolve
      try {
        if (asked > done) await round()
        failures = 0
        lastError = undefined
      } catch (error) {
        if (signal.aborted) return
        failures++
        lastError = error instanceof Error ? error.message : String(error)
        logger.error('could not evaluate new events; will try again', { failures, error })
        await sleep(Math.min(LONGEST_PAUSE_MS, 125 * 2 ** Math.min(failures, 8)))
        continue
      }
      if (asked === done) await woken
      await sleep(lingerMs)
    }
  }

  const sleep = (ms: number): Promise<unknown> => pause(ms, undefined, { signal }).catch(() => {})

  function told(): void {
    asked++
    wake()
  }

  function changed(workspace: string, profiles: readonly ProfileId[]): void {
    add(workspace, { ...NOTHING, profiles: new Set(profiles) })
    told()
  }

  return {
    stored(batch, workspaces, receivedAt) {
      const more = { ...NOTHING, first: batch, last: batch, receivedAt: receivedAt?.getTime() ?? NOTHING.receivedAt }
      if (workspaces === undefined) everywhere = joined(everywhere, more)
      else for (const workspace of workspaces) add(workspace, more)
      told()
    },
    catchUp() {
      everywhere = joined(everywhere, { ...NOTHING, isBehind: true })
      told()
    },
    changed,
    start() {
      if (!signal.aborted) running ??= loop()
    },
    idle() {
      if (asked <= done) return Promise.resolve()
      if (signal.aborted) return Promise.reject(StationStopped.create({}))
      return new Promise((resolve, reject) => void waiters.add({ ticket: asked, done: resolve, failed: reject }))
    },
    async stop() {
      stopping.abort()
      wake()
      await running
      for (const waiter of waiters) waiter.failed(StationStopped.create({}))
      waiters.clear()
    },
    health: () => ({ failures, lastError, behind: asked > done }),
  }
}
