import type { Json } from '@tenon/kernel/contracts'

/** Small state of the stations, such as cursors. */
export interface KeyValues {
  get(key: string): Promise<Json | undefined>
  set(key: string, value: Json): Promise<void>
  delete(key: string): Promise<void>
}
