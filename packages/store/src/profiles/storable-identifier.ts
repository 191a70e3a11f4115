import type { Identifier } from '@tenon/kernel/contracts'

/** Longer values identify nobody; an index entry of Postgres has room for no more than 2,700 bytes. */
export const MAX_IDENTIFIER_BYTES = 1024

/**
 * Whether the store can hold the identifier exactly as it is: no NUL, no half of a surrogate pair, at most 1,024 bytes.
 * Others are never attached and never found: a changed value could be somebody else's.
 */
export function isStorableIdentifier({ type, value }: Identifier): boolean {
  return isStorableText(type) && isStorableText(value)
}

const isStorableText = (text: string): boolean =>
  text.length > 0 && !text.includes('\0') && text.isWellFormed() && Buffer.byteLength(text) <= MAX_IDENTIFIER_BYTES
