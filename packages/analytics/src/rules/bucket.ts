import { createHash } from 'node:crypto'
import type { ProfileId } from '@tenon/kernel/contracts'

const SHARES = 2 ** 48

/**
 * Where a profile falls in [0, 1) for a salt: the first 48 bits of SHA-256 over `<salt>:<profile>`. Stable for ever; two
 * salts are independent of each other.
 */
export function bucketOf(salt: string, profile: ProfileId): number {
  return createHash('sha256').update(`${salt}:${profile}`, 'utf8').digest().readUIntBE(0, 6) / SHARES
}

/** The same for the engine; `salt` is a bound parameter. */
export const bucketSql = (salt: string): string =>
  `(reinterpretAsUInt64(reverse(substring(SHA256(concat(${salt}, ':', toString(profile))), 1, 6))) / ${SHARES})`
