import { setTimeout as delay } from 'node:timers/promises'

/** A child process that answers. */
export interface Launched {
  readonly pid: number
  /** Resolves with the reason once the process is gone; never rejects. */
  readonly exited: Promise<string>
  /** Ends the process in order; resolves once it is gone. */
  stop(): Promise<void>
}

export interface ServerHealth {
  readonly state: 'ready' | 'restarting' | 'failed' | 'stopped'
  readonly pid: number | undefined
  /** Restarts since the start. */
  readonly restarts: number
  /** Why it last went away without being asked to. */
  readonly lastExit: string | undefined
}

export interface RestartPolicy {
  /** Attempts in a row before the server is given up. */
  readonly attempts: number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** A child that lived this long starts the count of attempts anew. */
  readonly stableAfterMs: number
}

export const defaultRestartPolicy: RestartPolicy = Object.freeze({
  attempts: 10,
  firstDelayMs: 100,
  maxDelayMs: 5_000,
  stableAfterMs: 30_000,
})

export interface Supervised {
  health(): ServerHealth
  stop(): Promise<void>
}

export interface SuperviseOptions {
  /** Starts the child and resolves when it answers; the second and later calls must bring it up on the same address. */
  readonly launch: () => Promise<Launched>
  readonly policy?: RestartPolicy
  readonly onExit: (reason: string) => void
  readonly log: (line: string) => void
}

/** Keeps one child running until `stop`. Rejects when the first start fails: only a server that once ran is restarted. */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const policy = options.policy ?? defaultRestartPolicy
  const stopping = new AbortController()
  let running: Launched | undefined = await options.launch()
  let state: ServerHealth['state'] = 'ready'
  let restarts = 0
  let lastExit: string | undefined

  const keepRunning = async (first: Launched): Promise<void> => {
    let current = first
    let attempt = 0
    for (;;) {
      const stable = setTimeout(() => {
        attempt = 0
      }, policy.stableAfterMs).unref()
      const reason = await current.exited
      clearTimeout(stable)
      running = undefined
      if (stopping.signal.aborted) return
      state = 'restarting'
      lastExit = reason
      options.log(`exited: ${reason}`)
      options.onExit(reason)
      const next = await relaunch(() => ++attempt)
      if (next === undefined) return
      // The stop came while the restart was under way.
      if (stopping.signal.aborted) return next.stop()
      current = next
      running = next
      restarts += 1
      state = 'ready'
      options.log(`restarted as process ${next.pid}`)
    }
  }

  const relaunch = async (nextAttempt: () => number): Promise<Launched | undefined> => {
    for (let attempt = nextAttempt(); attempt <= policy.attempts; attempt = nextAttempt()) {
      const wait = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1))
      await delay(wait, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return undefined
      try {
        return await options.launch()
      } catch (error) {
        lastExit = error instanceof Error ? error.message : String(error)
        options.log(`restart ${attempt} of ${policy.attempts} failed: ${lastExit}`)
      }
    }
    state = 'failed'
    options.onExit(`given up after ${policy.attempts} restarts in a row`)
    return undefined
  }

  const finished = keepRunning(running)
  return {
    health: () => Object.freeze({ state, pid: running?.pid, restarts, lastExit }),
    stop: async () => {
      stopping.abort()
      await running?.stop()
      await finished
      state = 'stopped'
      running = undefined
    },
  }
}
