import { createHash } from 'node:crypto'
import { parseJson } from '@tenon/kernel/contracts'
import { storableJson } from '../database/storable.ts'
import type { BenefitRequest } from './benefits.ts'

/** Tells one request from another. The person is not in it: after a merge the same person comes with another profile. */
export function requestHash({ benefit, command, request, rollsBack }: BenefitRequest): Buffer {
  const plain = parseJson(storableJson({ benefit, command, request, rollsBack: rollsBack ?? null }))
  return createHash('sha256').update(JSON.stringify(plain, inOrder)).digest()
}

/** Objects with the same content are the same, whatever the order of their keys. */
const inOrder = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
    : value
