import type { Identifier, IdentifierType, Properties } from '@tenon/kernel/contracts'
import type { BlockedPair } from '@tenon/store'
import { canonical, keyOf } from './canonical.ts'

/** An event names a handful of identifiers; whoever sends a hundred gets the first pairs. */
const MAX_PAIRS = 200

/** What the event of a merge had named of both sides: each identifier of the one with each of the other. */
export function blockedPairs(request: {
  readonly types: readonly IdentifierType[]
  readonly evidence: Properties
  readonly restored: readonly Identifier[]
  readonly remaining: readonly Identifier[]
}): readonly BlockedPair[] {
  const named = canonical(request.types, evidenceOf(request.evidence))
  const of = (side: readonly Identifier[]): readonly Identifier[] => {
    const held = new Set(side.map(keyOf))
    return named.filter((identifier) => held.has(keyOf(identifier)))
  }
  const right = of(request.remaining)
  return of(request.restored)
    .flatMap((left) => right.map((other): BlockedPair => [left, other]))
    .slice(0, MAX_PAIRS)
}

/** The identifiers in the evidence of a merge, as the sender wrote them. */
export function evidenceOf(evidence: Properties): readonly Identifier[] {
  const { identifiers } = evidence
  return Array.isArray(identifiers) ? identifiers.flatMap((one: unknown) => identifierOf(one) ?? []) : []
}

function identifierOf(one: unknown): Identifier | undefined {
  if (typeof one !== 'object' || one === null || !('type' in one) || !('value' in one)) return undefined
  const { type, value } = one
  return typeof type === 'string' && typeof value === 'string' ? { type, value } : undefined
}
