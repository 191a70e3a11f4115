import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ClickHouseException } from './clickhouse-error.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/**
 * Any user of the machine can reach the port; only who knows the password may query.
 *
 * @throws 194 without a password, 516 with a wrong one.
 */
export function authenticate(request: IncomingMessage, query: URLSearchParams, expected: Credentials): void {
  const given = fromBasic(request.headers.authorization) ?? {
    user: header(request, 'x-clickhouse-user') ?? query.get('user') ?? 'default',
    password: header(request, 'x-clickhouse-key') ?? query.get('password') ?? '',
  }
  const matches = equal(given.user, expected.user) && equal(given.password, expected.password)
  if (matches) return
  const message = `${printable(given.user)}: Authentication failed: password is incorrect, or there is no user with such name.`
  if (given.password === '') throw new ClickHouseException(194, 'REQUIRED_PASSWORD', message)
  throw new ClickHouseException(516, 'AUTHENTICATION_FAILED', message)
}

function fromBasic(authorization: string | undefined): Credentials | undefined {
  const encoded = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Compares in constant time, whatever the lengths. */
const equal = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const printable = (user: string): string => user.replace(/[^\w.-]/g, '?').slice(0, 64)

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}
