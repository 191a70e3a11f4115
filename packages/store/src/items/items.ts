import type { Item, ItemId } from '@tenon/kernel/contracts'

export interface Items {
  /** Makes or replaces them; of two with one id the last counts. How many were new or changed. */
  put(items: readonly Item[]): Promise<number>
  /** Those that exist, in no order. */
  get(ids: readonly ItemId[]): Promise<readonly Item[]>
  /** The whole catalogue in pages, by id. */
  all(): AsyncIterable<readonly Item[]>
  count(): Promise<number>
  /** Grows with every change of an item; 0 for an empty catalogue. */
  version(): Promise<number>
}
