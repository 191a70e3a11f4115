/** Deeper parts of a refused payload are not kept: nobody can read them, and writers would run out of stack. */
const DEPTH = 64

/** A refused part as text that can be listed and repaired, cut to a size. Never throws. */
export function payloadText(payload: unknown, maxBytes: number): string {
  const text = typeof payload === 'string' ? payload : toJson(payload)
  const whole = text.toWellFormed()
  if (Buffer.byteLength(whole) <= maxBytes) return whole
  return `${Buffer.from(whole)
    .subarray(0, maxBytes)
    .toString('utf8')
    .replace(/\ufffd$/, '')}…`
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return JSON.stringify(pruned(value, DEPTH)) ?? ''
  }
}

function pruned(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '…'
  if (Array.isArray(value)) return value.map((entry) => pruned(entry, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, pruned(entry, depth - 1)]))
}
