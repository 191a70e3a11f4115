import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

/**
 * Copies `source` to a folder that every user can read and only we can write, named by its content, and returns it.
 * The copy appears under its final name only when it is whole, and is used again by later starts. Undefined when no
 * place serves, `works` having the last word (a temporary folder may be mounted without the right to execute).
 */
export function shareFolder(source: string, works: (root: string) => boolean): string | undefined {
  const files = listFiles(source)
  const name = `postgres-${contentHash(source, files)}`
  for (const base of ['/var/cache/tenon', join(tmpdir(), `tenon-cache-${process.getuid?.() ?? 0}`)]) {
    const target = join(base, name)
    if (makeOwnFolder(base) && copyWhole(source, files, target) && works(target)) return target
  }
  return undefined
}

function makeOwnFolder(path: string): boolean {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 })
    return onlyWeCanWrite(path)
  } catch {
    return false
  }
}

/** In a folder that all may write to, somebody else may have made the name first. */
function onlyWeCanWrite(path: string): boolean {
  const stat = lstatSync(path)
  return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0
}

function copyWhole(source: string, files: readonly string[], target: string): boolean {
  try {
    if (isWhole(source, files, target)) return true
    const draft = `${target}.${randomUUID()}`
    cpSync(source, draft, { recursive: true, verbatimSymlinks: true })
    openToReaders(draft)
    // Another process may have been faster, and may run these files by now.
    if (isWhole(source, files, target)) {
      rmSync(draft, { recursive: true, force: true })
      return true
    }
    // Cleaners of temporary folders remove single files: what is left of an old copy makes way.
    rmSync(target, { recursive: true, force: true })
    renameSync(draft, target)
    return isWhole(source, files, target)
  } catch {
    return false
  }
}

function isWhole(source: string, files: readonly string[], target: string): boolean {
  try {
    return onlyWeCanWrite(target) && files.every((file) => lstatSync(join(target, file)).size === lstatSync(join(source, file)).size)
  } catch {
    return false
  }
}

function openToReaders(root: string): void {
  chmodSync(root, 0o755)
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    chmodSync(path, entry.isDirectory() || lstatSync(path).mode & 0o100 ? 0o755 : 0o644)
  }
}

function listFiles(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

function contentHash(root: string, files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) {
    const path = join(root, file)
    hash.update(`${file}\0`)
    if (lstatSync(path).isFile()) hash.update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 32)
}
