import type { StoredBatch } from '../worker/write-batch.ts'

/** What is to be stored: the log in a folder, under a stream of the store. */
export interface StoreOrder {
  readonly folder: string
  readonly stream: string
  /** Up to here it is durable. */
  readonly end: number
}

/** To the process that stores. */
export type ToStoring =
  | ({ readonly kind: 'store' } & StoreOrder)
  /** The log has grown. */
  | { readonly kind: 'end'; readonly end: number }
  /** To `position`: it was heard, or it could not be made use of and must come again. */
  | { readonly kind: 'heard'; readonly ok: boolean }
  /** Stop at once: what is underway is stored by the next. */
  | { readonly kind: 'leave' }

/** From the process that stores. */
export type FromStoring =
  /** Once in `ALIVE_EVERY_MS`, from its start on. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'stored'; readonly stored: StoredBatch; readonly position: number }
  | { readonly kind: 'trouble'; readonly code: string }

export const ALIVE_EVERY_MS = 1_000

/** One end of the channel between the two. */
export interface StoringPort<In, Out> {
  /** Resolves once the channel took the message: who says much waits for that. Never rejects; after the end nobody hears it. */
  send(message: Out): Promise<void>
  /** Called once, before anything can have come. */
  onMessage(listener: (message: In) => void): void
}
