import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedBusy, type Holder } from './errors.ts'
import { processIdentity } from './process-identity.ts'

export interface FolderLock {
  release(): void
}

/**
 * Makes this process the only holder of `dir`, which is created when it does not exist. A lock whose holder is gone
 * is taken over, so a killed process leaves nothing to clean up.
 *
 * @throws TENON_EMBEDDED_BUSY when a living process holds the folder, this one included.
 */
export function lockFolder(dir: string): FolderLock {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, 'lock')
  const mine = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) ?? '', token: randomUUID() })
  for (;;) {
    if (createWhole(path, mine)) return { release: () => releaseIfMine(path, mine) }
    const found = readText(path)
    if (found === undefined) continue
    const holder = parseHolder(found)
    if (holder !== undefined && processIdentity(holder.pid) === holder.identity) throw EmbeddedBusy.create({ dir, holder })
    removeStale(path, found)
  }
}

/** A link appears whole or not at all: nobody ever reads a lock that is half written. */
function createWhole(path: string, content: string): boolean {
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, content, { mode: 0o600 })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Two processes may find the same stale lock; the slower one must not remove the lock that the faster one made. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    throw error
  }
  const moved = readText(aside)
  if (moved !== undefined && moved !== stale) createWhole(path, moved)
  rmSync(aside, { force: true })
}

function releaseIfMine(path: string, mine: string): void {
  if (readText(path) === mine) rmSync(path, { force: true })
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('identity' in value)) return undefined
    const { pid, identity } = value
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : undefined
  } catch {
    return undefined
  }
}

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code
