import { Worker } from 'node:worker_threads'
import { siblingEntry } from '../sibling-entry.ts'
import type { EngineConfig, EngineCounts, EngineTask, FromThread, ToThread } from './engine-protocol.ts'

/** A thread that runs one statement at a time. */
export class EngineThread {
  readonly #worker: Worker
  #receive: ((message: FromThread | Error) => void) | undefined
  readonly #waiting: (FromThread | Error)[] = []
  #alive = true

  constructor(config: EngineConfig) {
    const entry = siblingEntry(import.meta.url, 'engine-thread-main')
    this.#worker = new Worker(entry, { workerData: config, resourceLimits: { maxOldGenerationSizeMb: 128 }, stdout: false, stderr: false })
    this.#worker.on('message', (message: FromThread) => this.#deliver(message))
    this.#worker.on('error', (error: unknown) => this.#deliver(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => {
      this.#alive = false
      this.#deliver(new Error('the engine thread ended'))
    })
  }

  /** Whether it can run one more statement. */
  get alive(): boolean {
    return this.#alive
  }

  /** Resolves when the engine answers on this thread. */
  async ready(): Promise<void> {
    await this.#next()
  }

  /** Yields the result piece by piece and returns the counts; throws what the engine threw. */
  async *run(task: EngineTask): AsyncGenerator<Uint8Array, EngineCounts, undefined> {
    this.#send({ kind: 'run', task })
    let over = false
    try {
      for (;;) {
        const message = await this.#next()
        if (message.kind === 'piece') {
          yield message.bytes
          this.#send({ kind: 'more' })
          continue
        }
        if (message.kind === 'ready') continue
        over = true
        if (message.kind === 'failed') throw new Error(message.message)
        return message.counts
      }
    } finally {
      if (!over) await this.#abandon()
    }
  }

  /** Ends a result that nobody reads: between two pieces at once, inside one when the engine lets go of it. */
  cancel(): void {
    this.#send({ kind: 'cancel' })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  async #abandon(): Promise<void> {
    this.cancel()
    for (;;) {
      const message = await this.#next()
      if (message.kind === 'done' || message.kind === 'failed') return
      this.cancel()
    }
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  async #next(): Promise<FromThread> {
    const message = this.#waiting.shift() ?? (await new Promise<FromThread | Error>((resolve) => (this.#receive = resolve)))
    if (message instanceof Error) throw message
    return message
  }

  #deliver(message: FromThread | Error): void {
    const receive = this.#receive
    this.#receive = undefined
    if (receive === undefined) this.#waiting.push(message)
    else receive(message)
  }
}
