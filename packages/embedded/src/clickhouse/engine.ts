import { randomBytes } from 'node:crypto'
import { Session } from 'chdb'
import { Admission } from './admission.ts'
import type { EngineConfig, EngineCounts, EngineTask } from './engine-protocol.ts'
import { EngineThread } from './engine-thread.ts'

export interface EngineOptions extends EngineConfig {
  readonly maxConcurrentQueries: number
  readonly maxQueuedQueries: number
}

const killEveryMs = 200

/** The engine of this process: threads that run statements, and a connection of our own that stops them. */
export class Engine {
  readonly #options: EngineOptions
  readonly #admission: Admission
  readonly #control: Session
  readonly #idle: EngineThread[] = []

  private constructor(options: EngineOptions) {
    this.#options = options
    this.#admission = new Admission(options.maxConcurrentQueries, options.maxQueuedQueries)
    this.#control = new Session(options.path, { connectionArgs: options.args })
  }

  /** Opens the data folder, which only one process can; throws the engine's error otherwise. */
  static async open(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options)
    await engine.#control.queryAsync('SELECT 1')
    const thread = new EngineThread(options)
    await thread.ready()
    engine.#idle.push(thread)
    return engine
  }

  /** Runs one statement. When `signal` aborts, the statement is stopped in the engine as well. */
  async *run(task: EngineTask, queryId: string, signal: AbortSignal): AsyncGenerator<Uint8Array, EngineCounts, undefined> {
    await this.#admission.enter(signal)
    const marker = `tenon:${randomBytes(12).toString('hex')}`
    const thread = this.#idle.pop() ?? new EngineThread(this.#options)
    const started = thread.run({ ...task, sql: `${task.sql}\n/*${marker} query_id:${queryId}*/` })
    let killing: NodeJS.Timeout | undefined
    const kill = () => {
      thread.cancel()
      this.#kill(marker)
      // A statement that is not under way yet is not in the list of processes: ask again until it has ended.
      killing ??= setInterval(() => this.#kill(marker), killEveryMs)
    }
    signal.addEventListener('abort', kill, { once: true })
    if (signal.aborted) kill()
    try {
      return yield* started
    } finally {
      clearInterval(killing)
      signal.removeEventListener('abort', kill)
      if (thread.alive) this.#idle.push(thread)
      this.#admission.leave()
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.map((thread) => thread.close()))
    this.#control.close()
  }

  /** Never `SYNC`, which does not return. */
  #kill(marker: string): void {
    const sql = `KILL QUERY WHERE position(query, '${marker}') > 0 AND NOT startsWith(query, 'KILL') ASYNC`
    this.#control.queryAsync(sql).catch(() => undefined)
  }
}
