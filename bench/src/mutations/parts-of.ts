import { gunzipSync } from 'node:zlib'

/** How many parts a collector must account for when it has answered: the events of a batch, or one for whatever else came. */
export function partsOf(body: Uint8Array): number {
  const text = new TextDecoder().decode(unpacked(body))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 1
  }
  if (Array.isArray(value)) return value.length
  const batch: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'batch') : undefined
  return Array.isArray(batch) ? batch.length : 1
}

function unpacked(body: Uint8Array): Uint8Array {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body
  try {
    return gunzipSync(body)
  } catch {
    return body
  }
}
