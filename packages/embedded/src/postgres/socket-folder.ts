import { createHash } from 'node:crypto'
import { chownSync, lstatSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reachableName } from './reachable-name.ts'
import type { RunAs } from './run-as.ts'

export interface SocketFolder {
  /** Where clients find the socket. */
  readonly client: string
  /** What Postgres itself calls this folder. */
  readonly server: string
}

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, the closing NUL included. */
const maxSocketPath = 103
const socketName = '.s.PGSQL.5432'

/** The cluster's own folder, or, where its name is too long for a socket, a private folder with a short name. */
export function chooseSocketFolder(data: string, runAs: RunAs): SocketFolder {
  if (Buffer.byteLength(join(data, socketName)) <= maxSocketPath) return { client: data, server: reachableName(data, runAs) }
  const folder = shortFolder(data, runAs.ids?.uid ?? process.getuid?.())
  if (runAs.ids !== undefined) chownSync(folder, runAs.ids.uid, runAs.ids.gid)
  return { client: folder, server: folder }
}

/** The same name for the same cluster, so that killed processes do not fill the temporary folder. */
function shortFolder(data: string, owner: number | undefined): string {
  const name = `tenon-${createHash('sha256').update(realpathSync(data)).digest('hex').slice(0, 16)}`
  const folder = join(tmpdir(), name)
  try {
    mkdirSync(folder, { mode: 0o700 })
    return folder
  } catch {
    const stat = lstatSync(folder)
    const ours = stat.isDirectory() && (stat.uid === owner || stat.uid === process.getuid?.()) && (stat.mode & 0o077) === 0
    return ours ? folder : mkdtempSync(join(tmpdir(), 'tenon-'))
  }
}
