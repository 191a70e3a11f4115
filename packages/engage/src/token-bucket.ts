/** So many a second, a second's worth at once. The time is given: it has no clock of its own. */
export interface TokenBucket {
  /** Whole tokens at hand. */
  available(now: Date): number
  take(count: number, now: Date): void
  /** Until there is a whole token. */
  waitMs(now: Date): number
}

export function createTokenBucket(perSecond: number): TokenBucket {
  const capacity = Math.max(1, perSecond)
  let tokens = capacity
  let filledAt: number | undefined
  const fill = (now: Date): number => {
    // A clock that was set back gives nothing and takes nothing.
    const passed = Math.max(0, now.getTime() - (filledAt ?? now.getTime()))
    filledAt = now.getTime()
    tokens = Math.min(capacity, tokens + (passed * perSecond) / 1_000)
    return tokens
  }
  return {
    available: (now) => Math.floor(fill(now)),
    take(count, now) {
      tokens = fill(now) - count
    },
    waitMs: (now) => (fill(now) >= 1 ? 0 : Math.ceil(((1 - tokens) * 1_000) / perSecond)),
  }
}
