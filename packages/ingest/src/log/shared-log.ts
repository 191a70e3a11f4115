/** A message of a shared log: the records of one group, one after the other, each with its checksum. */
export interface SharedMessage {
  /** In the log: 1 and up. Of a stream that continues a copied one it is not the number that the server counts. */
  readonly sequence: number
  /** How many events and refusals it holds, as its writer said. */
  readonly parts: number
  readonly data: Uint8Array
}

/** A log of a fleet as a backup sees it: read beside those who store it, and nothing is taken away. */
export interface SharedLog {
  /** Of the stream on the server. */
  readonly name: string
  /** Of the log. */
  readonly id: string
  /** After the last durable message, now. */
  end(): Promise<number>
  /** All messages between two positions, in order. Throws `TENON_LOG_CORRUPT` where one of them is gone. */
  messages(from: number, until: number): AsyncIterable<SharedMessage>
}

/** A piece of a shared log in a backup: everything behind `from`, up to `until`. */
export interface CopiedStream {
  readonly name: string
  readonly id: string
  readonly from: number
  readonly until: number
}

export interface RestoreTry {
  readonly restore: string
  /** Whether the store knows of an earlier try of it that did not come to its end. */
  readonly isAgain: boolean
}

/** Makes streams again out of a backup, where there are none of their names. */
export interface StreamRestorer {
  /** Those whose names are taken by something that this restore has not left behind itself. */
  occupied(attempt: RestoreTry, streams: readonly CopiedStream[]): Promise<readonly string[]>
  /** Under the same id and with the same positions. Whatever an unfinished try of this restore left is replaced. */
  restore(restore: string, stream: CopiedStream, messages: AsyncIterable<SharedMessage>): Promise<void>
  close(): Promise<void>
}

/**
 * The lease under which nothing is deleted from shared logs, whoever stores them: a process asks after it has closed a batch, so what it
 * deletes without having seen the lease was stored before that was taken.
 */
export const LOG_HOLD = 'backup.log'
