import type { Command } from '@tenon/cli'
import { verifyBackup } from '@tenon/operations'
import { readFolder } from './folder-argument.ts'
import { describeBackup } from './report.ts'

/** `tenon verify-backup <folder>`: whether it is whole, byte for byte. Touches no store. */
export const verifyBackupCommand: Command = {
  summary: 'read every byte of a backup and say whether it is whole',
  usage: '<folder>',
  async run({ args, cwd, out }) {
    const { folder } = readFolder({ args, cwd })
    out(`whole: ${describeBackup(await verifyBackup(folder), folder)}`)
    return 0
  },
}
