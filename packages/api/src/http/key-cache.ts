import type { Clock } from '@tenon/kernel/contracts'
import type { ApiKeys } from '@tenon/store'

type Found = Awaited<ReturnType<ApiKeys['find']>>

/** Remembers what a secret is for a short time, so that a revoked key stops within `freshMs` and unknown ones cost one look-up. */
export function createKeyCache(options: {
  readonly keys: Pick<ApiKeys, 'find'>
  readonly clock: Clock
  readonly freshMs?: number
  readonly size?: number
}): {
  find(secret: string): Promise<Found>
} {
  const { keys, clock, freshMs = 5_000, size = 1_000 } = options
  const known = new Map<string, { readonly found: Promise<Found>; readonly at: number }>()
  return {
    find(secret) {
      const now = clock.now().getTime()
      const entry = known.get(secret)
      if (entry !== undefined && now - entry.at < freshMs) return entry.found
      const found = keys.find(secret)
      known.delete(secret)
      known.set(secret, { found, at: now })
      found.catch(() => known.delete(secret))
      if (known.size > size)
        for (const oldest of known.keys()) {
          known.delete(oldest)
          break
        }
      return found
    },
  }
}
