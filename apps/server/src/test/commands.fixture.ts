import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runCli } from '@tenon/cli'
import { retail } from '@tenon/edition-retail'
import { backupCommand } from '../operations/backup-command.ts'
import { doctorCommand } from '../operations/doctor-command.ts'
import { restoreCommand } from '../operations/restore-command.ts'
import { verifyBackupCommand } from '../operations/verify-backup-command.ts'
import { serverHost } from '../server-host.ts'
import type { TestPlace } from './running.fixture.ts'

export interface CommandEnd {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A command as it is typed, in this process. */
export async function tenon(at: Pick<TestPlace, 'env' | 'dataDir'>, ...args: string[]): Promise<CommandEnd> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCli(
    args,
    { backup: backupCommand, doctor: doctorCommand, restore: restoreCommand, 'verify-backup': verifyBackupCommand },
    {
      env: at.env,
      cwd: at.dataDir,
      defaultEdition: 'retail',
      findEdition: async () => retail,
      loadHost: async () => serverHost(at.dataDir),
      out: (text) => void out.push(text),
      err: (text) => void err.push(text),
    },
  )
  return { code, out: out.join(''), err: err.join('') }
}

/** A command, or a server, in a process of its own. */
export function spawnTenon(at: Pick<TestPlace, 'env'>, ...args: string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const entry = fileURLToPath(new URL('../tenon.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, entry, ...args], {
    env: { ...process.env, ...at.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.stdout === null) throw new Error('a command has an output')
  return Object.assign(child, { stdout: child.stdout })
}
