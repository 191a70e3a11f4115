import { setTimeout as pause } from 'node:timers/promises'
import type { Analytics } from '@tenon/analytics'
import type { Clock, Logger, Meter, ProfileId } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { StationStopped } from './errors.ts'
import type { Evaluator } from './evaluation/evaluator.ts'
import { measureLag } from './metrics.ts'
import { addNews, type News, news } from './news.ts'

const CURSOR_KEY = 'audience.cursor'
/** Batches are numbered when they are opened, and several processes store theirs at once: lower numbers may come after higher ones. */
const OVERLAP = 100
const LONGEST_PAUSE_MS = 30_000

export type PeopleByWorkspace = ReadonlyMap<string, readonly ProfileId[]>

/** Evaluates those whose events are new, soon after they are stored. */
export interface Reaction {
  /** The events of this batch are stored: of these people of these workspaces, or of anybody. */
  stored(batch: number, people?: PeopleByWorkspace, receivedAt?: Date): void
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
  const waiting = new Map<string, News>()
  /** For every workspace there is. */
  let everywhere: News | undefined = news({ isBehind: true, touched: undefined })
  let asked = 1
  let done = 0
  let failures = 0
  let lastError: string | undefined
  let wake: () => void = () => {}
  let running: Promise<void> | undefined

  function add(workspace: string, more: News): void {
    const known = waiting.get(workspace) ?? news()
    addNews(known, more)
    waiting.set(workspace, known)
  }

  function addEverywhere(more: News): void {
    const joined = news({ touched: undefined })
    if (everywhere !== undefined) addNews(joined, everywhere)
    addNews(joined, more)
    everywhere = joined
  }

  /**
   * People with events in these batches, by what was told or by what is stored. Batches in between of which nobody told are of others, who
   * may be gone before they evaluate: what is passed over would be behind the cursor.
   */
  async function touchedIn(workspace: string, what: News, cursor: number): Promise<Iterable<ProfileId>> {
    const { first, last, told, isBehind, touched } = what
    const isWhole = told === 0 || told === last - first + 1
    if (touched !== undefined && isWhole && !isBehind) return touched
    const afterBatch = isBehind ? Math.min(first - 1, Math.max(0, cursor - OVERLAP)) : first - 1
    const upToBatch = isBehind ? Number.MAX_SAFE_INTEGER : last
    return upToBatch > afterBatch ? analytics.in(workspace).touched({ afterBatch, upToBatch, signal }) : []
  }

  async function reactIn(workspace: string, what: News): Promise<void> {
    const { last, changed: others, receivedAt } = what
    const { kv } = store.in(workspace)
    const cursor = Number((await kv.get(CURSOR_KEY)) ?? 0)
    const all = [...new Set([...(await touchedIn(workspace, what, cursor)), ...others])]
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
    if (all !== undefined) {
      for (const { id } of await store.workspaces.list()) add(id, all)
      // What was told meanwhile stays for the next round, with what this one does: it is done twice.
      if (everywhere === all) everywhere = undefined
    }
    const work = [...waiting]
    waiting.clear()
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
    add(workspace, news({ changed: new Set(profiles) }))
    told()
  }

  return {
    stored(batch, people, receivedAt) {
      const what = { first: batch, last: batch, told: 1, ...(receivedAt === undefined ? {} : { receivedAt: receivedAt.getTime() }) }
      if (people === undefined) addEverywhere(news(what))
      else for (const [workspace, profiles] of people) add(workspace, news({ ...what, touched: new Set(profiles) }))
      told()
    },
    catchUp() {
      addEverywhere(news({ isBehind: true }))
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
