import { KeyRefused } from '../errors.ts'

/** An index entry of Postgres has room for 2,700 bytes, and some keys share one. */
const MAX_KEY_BYTES = 512

/** Whether the store can hold the key exactly as it is. What can not be stored was never stored: look-ups need not ask. */
export const isStorableKey = (key: string): boolean =>
  key.length > 0 && key.length <= MAX_KEY_BYTES && !key.includes('\0') && key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES

/** The key itself, or `TENON_STORE_KEY_REFUSED`: a changed key could be another one's. */
export function storableKey(what: string, key: string): string {
  if (!isStorableKey(key)) throw KeyRefused.create({ what })
  return key
}
