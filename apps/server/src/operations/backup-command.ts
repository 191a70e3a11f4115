import type { Command } from '@tenon/cli'
import { holdable } from '@tenon/ingest'
import { type BackupProgress, backUp, type Manifest } from '@tenon/operations'
import { askControl } from '../control/ask-control.ts'
import { createLogger } from '../log/create-logger.ts'
import { openLogsOf } from '../open-logs.ts'
import { readSettings, type Settings } from '../settings.ts'
import { openStores } from '../stores.ts'
import { version } from '../version.ts'
import { readFolder } from './folder-argument.ts'
import { describeBackup } from './report.ts'

/** `tenon backup <folder>`: by the running server while it serves, or from the stores of one that is stopped. */
export const backupCommand: Command = {
  summary: 'copy both stores and the event log into a new folder, while everything runs',
  usage: '<folder>',
  async run(context) {
    const { folder } = readFolder(context)
    const settings = readSettings(context.env, [], context.cwd)
    const onProgress = (progress: unknown) => context.out(progressLine(progress as BackupProgress))
    const asked = await askControl(settings.dataDir, { path: 'backup', body: { folder }, onProgress })
    const manifest = asked.running ? (asked.result as Manifest) : await backUpStopped(settings, folder, onProgress)
    context.out(describeBackup(manifest, folder))
    return 0
  },
}

async function backUpStopped(settings: Settings, folder: string, onProgress: (progress: BackupProgress) => void): Promise<Manifest> {
  const clock = { now: () => new Date() }
  const logger = createLogger(settings.logLevel)
  const stores = await openStores(settings, { clock, logger })
  try {
    // Nobody else opens a local one as long as it is ours, so nothing can be accepted meanwhile. Those of a fleet go on.
    const logs = await (await openLogsOf(settings, logger))()
    try {
      const { store, analytics } = stores
      const { logs: own, copies = [] } = logs
      const holdLog = () => (logs.shared || own[0] === undefined ? undefined : holdable(own[0]).hold())
      return await backUp({ store, analytics, holdLog, sharedLogs: () => copies, folder, clock, version, onProgress })
    } finally {
      await logs.close()
    }
  } finally {
    await stores.close()
  }
}

export const progressLine = ({ what, rows }: BackupProgress): string =>
  rows === undefined ? `  ${what}\n` : `  ${what}: ${rows.toLocaleString('en')} rows\n`
