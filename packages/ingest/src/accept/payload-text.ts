/** Deeper parts of a refused payload are not kept: nobody can read them, and writers would run out of stack. */
const DEPTH = 64

export interface PayloadText {
  readonly text: string
  /** Something of the payload is not in the text. */
  readonly isCut: boolean
}

/** A refused part as text that can be listed and repaired, cut to a size. Never throws. */
export function payloadText(payload: unknown, maxBytes: number): PayloadText {
  const { text, isCut } = typeof payload === 'string' ? whole(payload) : toJson(payload)
  const bytes = Buffer.from(text.toWellFormed())
  if (bytes.length <= maxBytes) return { text: bytes.toString('utf8'), isCut }
  const kept = bytes
    .subarray(0, maxBytes)
    .toString('utf8')
    .replace(/\ufffd$/, '')
  return { text: `${kept}…`, isCut: true }
}

const whole = (text: string): PayloadText => ({ text, isCut: false })

function toJson(value: unknown): PayloadText {
  try {
    return whole(JSON.stringify(value) ?? String(value))
  } catch {
    return { text: JSON.stringify(pruned(value, DEPTH)) ?? '', isCut: isDeeper(value, DEPTH) }
  }
}

function pruned(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '…'
  if (Array.isArray(value)) return value.map((entry) => pruned(entry, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, pruned(entry, depth - 1)]))
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((entry) => isDeeper(entry, depth - 1))
}
