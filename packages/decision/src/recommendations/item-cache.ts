import type { Clock, Item, ItemId } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'

/** The catalogue in memory, read again when it has changed. A change is seen after `freshMs` at the latest. */
export interface ItemCache {
  of(workspace: string): Promise<ReadonlyMap<ItemId, Item>>
}

export function createItemCache(options: { readonly store: Store; readonly clock: Clock; readonly freshMs: number }): ItemCache {
  const { store, clock, freshMs } = options
  const cached = new Map<string, { readonly version: number; readonly items: ReadonlyMap<ItemId, Item>; checkedAt: number }>()
  return {
    async of(workspace) {
      const now = clock.now().getTime()
      const known = cached.get(workspace)
      if (known !== undefined && now - known.checkedAt < freshMs) return known.items
      const { items } = store.in(workspace)
      const version = await items.version()
      if (known?.version === version) {
        known.checkedAt = now
        return known.items
      }
      const read = new Map<ItemId, Item>()
      for await (const page of items.all()) for (const item of page) read.set(item.id, item)
      cached.set(workspace, { version, items: read, checkedAt: now })
      return read
    },
  }
}
