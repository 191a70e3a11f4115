import type { Clock } from '@tenon/kernel/contracts'

/** What a write key stands for. */
export interface KeyHolder {
  readonly workspace: string
  readonly kind: 'write' | 'api'
  /** The instance of the source whose events it sends. */
  readonly source?: string
}

/** Undefined for a key that is unknown or revoked. */
export type FindKey = (secret: string) => Promise<KeyHolder | undefined>

const KNOWN_MS = 30_000
const UNKNOWN_MS = 2_000
const PRESUMED_MS = 1_800_000
const ENTRIES = 10_000

/**
 * Asks for each key only now and then, and goes by the last answer while the store is away: the log must accept then.
 * A revoked key works for half a minute more.
 */
export function cacheKeys(find: FindKey, clock: Clock): FindKey {
  const answers = new Map<string, { readonly holder: KeyHolder | undefined; readonly until: number }>()
  const asking = new Map<string, Promise<KeyHolder | undefined>>()

  async function ask(secret: string): Promise<KeyHolder | undefined> {
    const last = answers.get(secret)
    try {
      const holder = await find(secret)
      answers.delete(secret)
      answers.set(secret, { holder, until: clock.now().getTime() + (holder === undefined ? UNKNOWN_MS : KNOWN_MS) })
      const [oldest] = answers.keys()
      if (answers.size > ENTRIES && oldest !== undefined) answers.delete(oldest)
      return holder
    } catch (error) {
      if (last?.holder === undefined) throw error
      return last.holder
    } finally {
      asking.delete(secret)
    }
  }

  return async (secret) => {
    const last = answers.get(secret)
    const now = clock.now().getTime()
    if (last !== undefined && last.until > now) return last.holder
    const underway = asking.get(secret) ?? ask(secret)
    asking.set(secret, underway)
    // Somebody whose key was good a moment ago need not wait until a store that is away gives up.
    return last?.holder !== undefined && last.until + PRESUMED_MS > now ? last.holder : underway
  }
}
