import type { Json, PushRequest } from '@tenon/kernel/contracts'
import { field, isObject } from './json.ts'

/**
 * Where a client put its write key. A Bearer token comes last: a Segment library that uses OAuth sends a token of
 * another server there and the key in the body.
 */
export function readWriteKey(request: PushRequest, body: () => Json | undefined): string | undefined {
  const { headers, query, params } = request
  const [scheme, credentials] = splitOnce(headers.authorization?.trim() ?? '', ' ')
  return (
    (scheme.toLowerCase() === 'basic' ? userOf(credentials) : undefined) ??
    pairOf(headers['x-write-key']) ??
    known(params.key) ??
    known(query.get('writeKey')) ??
    keyInBody(request, body) ??
    (scheme.toLowerCase() === 'bearer' ? known(credentials) : undefined)
  )
}

function keyInBody(request: PushRequest, body: () => Json | undefined): string | undefined {
  if (request.body.length === 0) return undefined
  const value = body()
  const key = isObject(value) ? field(value, 'writeKey') : undefined
  return typeof key === 'string' ? known(key) : undefined
}

/** Jitsu's libraries take `id:secret` alone: the secret is the key, the id is the sender's to choose. */
function pairOf(header: string | undefined): string | undefined {
  const [id, secret] = splitOnce(header ?? '', ':')
  return known(secret) ?? known(id)
}

/** The key is the user name; a client that puts it into the password is understood too. */
function userOf(credentials: string): string | undefined {
  const [user, password] = splitOnce(Buffer.from(credentials, 'base64').toString('utf8'), ':')
  return known(user) ?? known(password)
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length).trim()]
}

const known = (key: string | null | undefined): string | undefined => key?.trim() || undefined
