import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { EventLog } from './event-log.ts'
import { type LogOptions, openLog } from './open-log.ts'

/** Folders and logs of the tests of one file: closed and removed after each of them. */
export function logFolders(): { newFolder(): Promise<string>; open(options: LogOptions): Promise<EventLog> } {
  const folders: string[] = []
  const logs: EventLog[] = []
  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close()
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
  })
  return {
    async newFolder() {
      const folder = await mkdtemp(join(tmpdir(), 'tenon-log-'))
      folders.push(folder)
      return folder
    },
    async open(options) {
      const log = await openLog(options)
      logs.push(log)
      return log
    },
  }
}
