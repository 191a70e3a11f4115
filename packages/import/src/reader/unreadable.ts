import { errorCode } from '@tenon/kernel'
import { ImportUnreadable } from '../errors.ts'
import { TOO_MUCH } from './open-reader.ts'

const LONGEST = 500

/**
 * What an engine said about a source, for a person: without secrets, without names of our own scratch files, and short. Coded errors
 * pass as they are.
 */
export function unreadable(source: string, error: unknown, secrets: readonly string[]): Error {
  if (errorCode(error) !== undefined && error instanceof Error) return error
  return ImportUnreadable.create({ source, reason: explain(error, secrets) })
}

function explain(error: unknown, secrets: readonly string[]): string {
  let text = error instanceof Error ? error.message : String(error)
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '…').replaceAll(encodeURIComponent(secret), '…')
  if (/memory limit/i.test(text)) return 'a row or a block of it needs more memory than the reader has'
  if (text === TOO_MUCH) return 'it unpacks to far more than its size; unpack it yourself if that is right'
  if (/socket hang up|ECONNRESET|ECONNREFUSED|premature close/i.test(text))
    return 'the reader ended while it read it: the file is damaged, or beyond its limits'
  return text
    .replace(/:? ?\(?(?:in|while reading) (?:file\/uri|file) \S*?[\da-f-]{36}\.(?:link|scratch)\)?/g, '')
    .replace(/\S*[\da-f-]{36}\.(?:link|scratch)/g, 'the file')
    .replace(/\s+/g, ' ')
    .slice(0, LONGEST)
    .trim()
}
