import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedStartFailed, EmbeddedVersion } from '../errors.ts'
import type { PostgresBinaries } from './binaries.ts'
import { reachableName } from './reachable-name.ts'
import type { RunAs } from './run-as.ts'

export const superuser = 'tenon'
const majorVersion = '18'

/**
 * Makes the cluster `dir/data` once; a later start finds it. It is made under another name first, so that a start
 * that was cut short leaves no half cluster behind.
 *
 * @throws TENON_EMBEDDED_VERSION when another major version wrote the cluster.
 */
export async function ensureCluster(dir: string, binaries: PostgresBinaries, runAs: RunAs): Promise<string> {
  const data = join(dir, 'data')
  if (existsSync(data)) checkVersion(data)
  else await createCluster(dir, data, binaries, runAs)
  return data
}

function checkVersion(data: string): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  if (found !== majorVersion) throw EmbeddedVersion.create({ dir: data, found, expected: majorVersion })
}

async function createCluster(dir: string, data: string, binaries: PostgresBinaries, runAs: RunAs): Promise<void> {
  for (const name of readdirSync(dir)) if (name.startsWith('data.')) rmSync(join(dir, name), { recursive: true, force: true })
  const draft = join(dir, `data.${randomUUID()}`)
  mkdirSync(draft, { mode: 0o700 })
  if (runAs.ids !== undefined) chownSync(draft, runAs.ids.uid, runAs.ids.gid)
  try {
    await runInitdb(draft, binaries, runAs)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw EmbeddedStartFailed.create({ server: 'Postgres', dir, reason: error instanceof Error ? error.message : String(error) }, error)
  }
  renameSync(draft, data)
}

/** Whoever can open the socket is let in: it lies in a folder of mode 0700. */
async function runInitdb(draft: string, binaries: PostgresBinaries, runAs: RunAs): Promise<void> {
  const locale = ['--encoding=UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const args = ['-D', reachableName(draft, runAs), '-U', superuser, '--auth=trust', '--no-instructions', ...locale]
  await promisify(execFile)(binaries.initdb, args, { ...runAs.ids, env: binaries.env, cwd: draft })
}
