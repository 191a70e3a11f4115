import type { ProfileId } from '../nouns/identifier.ts'
import type { Reason } from '../nouns/reason.ts'
import type { TagValue, ValueType } from '../nouns/value.ts'
import { isProperties } from './json.ts'

/** Not empty, and of a kind that every store keeps as it is: no NUL, no half of a surrogate pair. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.isWellFormed() && !value.includes('\0')
}

export function isDate(value: unknown): value is Date {
  return value instanceof Date && Number.isFinite(value.getTime())
}

export function isProfileId(value: unknown): value is ProfileId {
  return Number.isSafeInteger(value) && Number(value) > 0
}

/** `30s`, `10m`, `6h`, `1d`, `2w`. */
export function isDuration(value: unknown): value is string {
  return typeof value === 'string' && /^[1-9]\d{0,6}[smhdw]$/.test(value)
}

/** The key of a definition or something below it: `rfm`, `rfm.tier`. */
export function isKeyUnder(key: unknown, root: string): key is string {
  return typeof key === 'string' && (key === root || (key.startsWith(`${root}.`) && /^[a-z0-9_.-]+$/.test(key) && !key.endsWith('.')))
}

export function isReason(value: unknown): value is Reason {
  return (
    typeof value === 'object' && value !== null && 'code' in value && isText(value.code) && 'detail' in value && isProperties(value.detail)
  )
}

export function areReasons(value: unknown): value is readonly Reason[] {
  return Array.isArray(value) && value.every(isReason)
}

/** Bytes of this realm or another, such as a worker's. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
}

export function areFinite(value: unknown): value is Readonly<Record<string, number>> {
  return typeof value === 'object' && value !== null && Object.values(value).every((number) => Number.isFinite(number))
}

/** Whether a value is of the type that its tag declares. */
export function hasType(value: unknown, type: ValueType): value is TagValue {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean'
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'string':
      return typeof value === 'string' && value.isWellFormed()
    case 'list':
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string' && entry.isWellFormed())
    case 'date':
      return isDate(value)
  }
}
