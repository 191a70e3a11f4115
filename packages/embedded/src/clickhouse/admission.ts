import { ClickHouseException } from './clickhouse-error.ts'

/** Lets a bounded number in at once and a bounded number wait, first come first served. */
export class Admission {
  readonly #limit: number
  readonly #queueLimit: number
  readonly #queue: (() => void)[] = []
  #inside = 0

  constructor(limit: number, queueLimit: number) {
    this.#limit = limit
    this.#queueLimit = queueLimit
  }

  /**
   * Resolves when there is room; the caller calls `leave` once.
   *
   * @throws 202 when the queue is full, and the signal's reason when it aborts while waiting.
   */
  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#inside < this.#limit) {
      this.#inside += 1
      return
    }
    if (this.#queue.length >= this.#queueLimit) {
      const message = `Too many simultaneous queries. Maximum: ${this.#limit} running, ${this.#queueLimit} waiting`
      throw new ClickHouseException(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', message)
    }
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.#queue.splice(this.#queue.indexOf(admit), 1)
        reject(signal.reason)
      }
      const admit = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      this.#queue.push(admit)
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  leave(): void {
    const admit = this.#queue.shift()
    if (admit === undefined) this.#inside -= 1
    else admit()
  }
}
