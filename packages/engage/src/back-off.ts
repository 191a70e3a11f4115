export interface RetryRules {
  /** The rest after the first failure; doubles with each one. */
  readonly firstMs: number
  readonly longestMs: number
  /** Hand-overs that may be begun. */
  readonly attempts: number
  /** From the acceptance on. */
  readonly maxAgeMs: number
}

export const DEFAULT_RETRY: RetryRules = Object.freeze({ firstMs: 10_000, longestMs: 900_000, attempts: 20, maxAgeMs: 86_400_000 })

/**
 * Exponential, with half of it drawn by lot: many messages that failed together do not come back together. Never sooner
 * than the provider asked for.
 */
export function backOffMs(
  rules: RetryRules,
  failure: { readonly attempt: number; readonly askedMs: number; readonly random: () => number },
): number {
  const { attempt, askedMs, random } = failure
  const full = Math.min(rules.longestMs, rules.firstMs * 2 ** Math.min(Math.max(attempt - 1, 0), 40))
  return Math.max(askedMs, Math.round(full / 2 + (full / 2) * random()))
}
