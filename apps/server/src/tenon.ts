#!/usr/bin/env node
import { type Commands, check, inspect, runCli } from '@tenon/cli'
import { benchCommand } from './bench-command.ts'
import { findEdition } from './edition.ts'
import { importCommand } from './import-command.ts'
import { migrate } from './migrate-command.ts'
import { backupCommand } from './operations/backup-command.ts'
import { doctorCommand } from './operations/doctor-command.ts'
import { restoreCommand } from './operations/restore-command.ts'
import { verifyBackupCommand } from './operations/verify-backup-command.ts'
import { serverHost } from './server-host.ts'
import { startCommand } from './start-command.ts'

const commands: Commands = {
  start: startCommand,
  check,
  inspect,
  migrate,
  doctor: doctorCommand,
  import: importCommand,
  backup: backupCommand,
  restore: restoreCommand,
  'verify-backup': verifyBackupCommand,
  bench: benchCommand,
}

// Whoever read our output may go away; that is no reason to stop serving.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

process.exitCode = await runCli(process.argv.slice(2), commands, {
  env: process.env,
  cwd: process.cwd(),
  defaultEdition: 'retail',
  findEdition: (from) => findEdition(from, process.cwd()),
  loadHost: async () => serverHost(process.cwd()),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
})
