import type { Json, MatchLimits } from '@tenon/kernel/contracts'
import type { WorkspaceStore } from '@tenon/store'

/** Until the owner says something else: pairs that are probably one are shown, and nothing merges by itself. */
const DEFAULT_LIMITS: MatchLimits = Object.freeze({ review: 0.9 })

const keyOf = (matcher: string): string => `matching.limits.${matcher}`

/** The owner's limits for a matcher. What can not be read as limits merges nothing. */
export async function readLimits({ kv }: WorkspaceStore, matcher: string): Promise<MatchLimits> {
  return limitsOf(await kv.get(keyOf(matcher))) ?? DEFAULT_LIMITS
}

/** Undefined where these are no limits: probabilities, and never a merge below what is shown. */
export function limitsOf(given: Json | undefined): MatchLimits | undefined {
  if (typeof given !== 'object' || given === null || !('review' in given)) return undefined
  const { review, merge } = given
  if (!isProbability(review)) return undefined
  if (merge === undefined) return Object.freeze({ review })
  return isProbability(merge) && merge >= review ? Object.freeze({ review, merge }) : undefined
}

export const writeLimits = ({ kv }: WorkspaceStore, matcher: string, { review, merge }: MatchLimits): Promise<void> =>
  kv.set(keyOf(matcher), merge === undefined ? { review } : { review, merge })

const isProbability = (value: Json | undefined): value is number => typeof value === 'number' && value > 0 && value <= 1
