import { defaultItemPaths, type ItemPaths, type StoredEvent, type WorkspaceAnalytics } from '@tenon/analytics'
import type { Interaction, ItemId, Json, ProfileId, Properties } from '@tenon/kernel/contracts'

const eventLimit = 200

/** What the person did with items, the latest first, from the latest events. */
export async function historyOf(analytics: WorkspaceAnalytics, profile: ProfileId): Promise<readonly Interaction[]> {
  const { rows } = await analytics.events({ profile, limit: eventLimit })
  return rows.flatMap((event) =>
    itemsOf(event, defaultItemPaths).map((item) => ({ item, kind: event.name, weight: 1, at: event.timestamp })),
  )
}

/** The items that an event names, as the analytics store reads them too: see `ItemPaths`. */
export function itemsOf({ properties }: Pick<StoredEvent, 'properties'>, paths: ItemPaths): readonly ItemId[] {
  const lists = paths.lists.flatMap((key) => elementsOf(properties[key]))
  const ids = [properties, ...lists].map((holder) => idOf(holder, paths.ids))
  return [...new Set(ids.filter((id) => id !== undefined))]
}

const elementsOf = (value: Json | undefined): readonly Properties[] => (Array.isArray(value) ? value.filter(isProperties) : [])
const isProperties = (value: Json): value is Properties => typeof value === 'object' && value !== null && !Array.isArray(value)

function idOf(holder: Properties, keys: readonly string[]): ItemId | undefined {
  for (const key of keys) {
    const value = holder[key]
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value)
  }
  return undefined
}
