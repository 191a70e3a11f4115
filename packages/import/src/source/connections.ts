/** A server that the operator lets imports read from. Holds secrets: never part of a message, a row or a log. */
export type Connection =
  | {
      readonly kind: 'postgres' | 'mysql'
      readonly host: string
      readonly port: number
      readonly database: string
      readonly user: string
      readonly password: string
    }
  | { readonly kind: 's3'; readonly endpoint: string; readonly bucket: string; readonly accessKey: string; readonly secretKey: string }

export type Connections = ReadonlyMap<string, Connection>

const PREFIX = 'TENON_IMPORT_'
const RESERVED = 'TENON_IMPORT_HOSTS'
const PORTS = { postgres: 5432, mysql: 3306 } as const

/**
 * The connections of an environment: `TENON_IMPORT_SHOP=postgres://user:password@host/database` is the connection `shop`. `fail` is called with the
 * name of a variable that can not be used and why, never with its value.
 */
export function readConnections(
  env: Readonly<Record<string, string | undefined>>,
  fail: (variable: string, problem: string) => never,
): Connections {
  const connections = new Map<string, Connection>()
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || variable === RESERVED || value === undefined || value === '') continue
    const name = variable.slice(PREFIX.length).toLowerCase()
    if (!/^[a-z][a-z0-9_]*$/.test(name)) fail(variable, 'the name of a connection has letters, digits and underscores')
    connections.set(
      name,
      parseConnection(value, (problem) => fail(variable, problem)),
    )
  }
  return connections
}

function parseConnection(value: string, fail: (problem: string) => never): Connection {
  const url = URL.parse(value)
  if (url === null) return fail('is no address; special characters in a password are percent-encoded')
  const user = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  const path = decodeURIComponent(url.pathname.slice(1))
  if (url.hostname === '') return fail('names no host')
  switch (url.protocol) {
    case 'postgres:':
    case 'postgresql:':
    case 'mysql:': {
      if (path === '' || path.includes('/')) return fail('ends with the name of one database')
      const kind = url.protocol === 'mysql:' ? 'mysql' : 'postgres'
      return { kind, host: url.hostname, port: url.port === '' ? PORTS[kind] : Number(url.port), database: path, user, password }
    }
    case 's3:':
    case 's3+http:': {
      if (!/^[A-Za-z0-9.-]{3,63}$/.test(path)) return fail('ends with the name of one bucket')
      const endpoint = `${url.protocol === 's3:' ? 'https' : 'http'}://${url.host}`
      return { kind: 's3', endpoint, bucket: path, accessKey: user, secretKey: password }
    }
    default:
      return fail('must begin with postgres://, mysql://, s3:// or s3+http://')
  }
}
