import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, sep } from 'node:path'
import { ImportRefused } from '../errors.ts'
import type { Connection, Connections } from './connections.ts'

/** What imports may open. Everything else is refused before anybody looks at it. */
export interface ImportRights {
  /** The folder that files come from. */
  readonly folder: string
  /** The folder of what the workspace has sent. */
  readonly uploads: string
  /** Hosts of addresses, as `host` or `host:port`. */
  readonly hosts: readonly string[]
  readonly connections: Connections
}

export interface AllowedFile {
  /** Where it really lies. */
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
}

/**
 * The file of that name in a folder. What leads out of it, by dots or by links, is not there for imports: the answer does not tell
 * whether it exists.
 */
export async function allowedFile(from: string, name: string): Promise<AllowedFile> {
  const refuse = (problem: string) => ImportRefused.create({ source: name, problem })
  if (isAbsolute(name) || name.includes('\0') || name.split(/[\\/]/).includes('..')) throw refuse('files are named from the import folder')
  try {
    const folder = await realpath(from)
    const path = await realpath(join(folder, name))
    if (!path.startsWith(folder + sep)) throw refuse('there is no such file in the import folder')
    const { size, mtimeMs, isFile } = await stat(path).then((found) => ({ ...found, isFile: found.isFile() }))
    if (!isFile) throw refuse('is no file')
    return { path, size, modifiedMs: Math.floor(mtimeMs) }
  } catch (error) {
    if (ImportRefused.is(error)) throw error
    throw refuse('there is no such file in the import folder')
  }
}

/** The address, if it is one of a host that the operator named. */
export function allowedUrl(rights: ImportRights, given: string): string {
  const source = given.replace(/[?#].*$/s, '').slice(0, 200)
  const refuse = (problem: string) => ImportRefused.create({ source, problem })
  const url = URL.parse(given)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw refuse('must begin with https:// or http://')
  if (url.username !== '' || url.password !== '') throw refuse('must not hold a password: an address is stored and shown')
  // The reader takes these for patterns, and would ask for many addresses.
  if (/[{}*|]/.test(decodeURI(url.href))) throw refuse('must not hold any of { } * |')
  if (!rights.hosts.includes(url.host) && !rights.hosts.includes(`${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`))
    throw refuse(`the host '${url.host}' is not among TENON_IMPORT_HOSTS`)
  return url.href
}

/** The connection of that name and kind. */
export function allowedConnection<K extends Connection['kind']>(
  { connections }: ImportRights,
  name: string,
  kinds: readonly K[],
): Extract<Connection, { readonly kind: K }> {
  const found = connections.get(name)
  if (found === undefined)
    throw ImportRefused.create({ source: name, problem: `there is no connection TENON_IMPORT_${name.toUpperCase()}` })
  if (!isOf(found, kinds))
    throw ImportRefused.create({ source: name, problem: `the connection is of ${found.kind}, not of ${kinds.join(' or ')}` })
  return found
}

const isOf = <K extends Connection['kind']>(
  connection: Connection,
  kinds: readonly K[],
): connection is Extract<Connection, { readonly kind: K }> => kinds.some((kind) => kind === connection.kind)

/** A key of an object, or a pattern of keys. What could lead out of the bucket is refused. */
export function allowedObject(given: string): string {
  if (given.startsWith('/') || /[?#%\\\p{Cc}]/u.test(given) || given.split('/').some((part) => part === '..' || part === '.'))
    throw ImportRefused.create({ source: given, problem: 'an object is named from its bucket, without ? # % \\ and dots as folders' })
  return given
}
