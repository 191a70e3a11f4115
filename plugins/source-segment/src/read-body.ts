import { type Json, parseJson } from '@tenon/kernel/contracts'

export type Body =
  | {
      readonly ok: true
      readonly value: Json
      /** The text may hold something that `clean` takes out. */
      readonly unclean: boolean
    }
  | { readonly ok: false; readonly code: 'EMPTY_BODY' | 'INVALID_JSON'; readonly text: string }

/** Escapes that may stand for half a character, for NUL, or for letters of `__proto__`. */
const ESCAPES = /\\u(?:[dD][89a-fA-F]|0000|005[fF]|00[67][0-9a-fA-F])/

/** Most bodies hold no such escape at all, and looking for a fixed text is much faster than a pattern. */
const isSuspicious = (text: string): boolean => text.includes('__proto__') || (text.includes('\\u') && ESCAPES.test(text))

/** Reads bytes as JSON, whatever the content type says. Invalid UTF-8 becomes U+FFFD. */
export function readBody(bytes: Uint8Array): Body {
  const text = new TextDecoder().decode(bytes)
  if (text.trim() === '') return { ok: false, code: 'EMPTY_BODY', text: '' }
  try {
    return { ok: true, value: parseJson(text), unclean: isSuspicious(text) }
  } catch {
    return { ok: false, code: 'INVALID_JSON', text }
  }
}
