import type { Json } from '@tenon/kernel/contracts'

/** Small state of the stations, such as cursors. */
export interface KeyValues {
  get(key: string): Promise<Json | undefined>
  set(key: string, value: Json): Promise<void>
  /** The value that holds from now on: the given one where there was none. Of several at once one wins for all. */
  setIfAbsent(key: string, value: Json): Promise<Json>
  delete(key: string): Promise<void>
}
