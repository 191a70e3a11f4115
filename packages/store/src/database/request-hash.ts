import { createHash } from 'node:crypto'
import { parseJson } from '@tenon/kernel/contracts'
import { storableJson } from './storable.ts'

/**
 * Tells what was asked for under an idempotency key from anything else. Leave the person out of it: after a merge the same person comes
 * with another profile.
 */
export function requestHash(request: object): Buffer {
  const plain = parseJson(storableJson(request))
  return createHash('sha256').update(JSON.stringify(plain, inOrder)).digest()
}

/** Objects with the same content are the same, whatever the order of their keys. */
const inOrder = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
    : value
