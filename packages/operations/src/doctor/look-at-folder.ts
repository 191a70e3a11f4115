import { access, constants, readdir, stat, statfs } from 'node:fs/promises'
import { type Finding, grade } from './finding.ts'
import { bytes } from './units.ts'

/** Whether the data folder can be written, by us alone, and has room for what the log may need. */
export async function lookAtFolder({
  dataDir,
  budgetBytes,
}: {
  readonly dataDir: string
  readonly budgetBytes: number
}): Promise<readonly Finding[]> {
  const part = 'folder'
  const found = await stat(dataDir).catch(() => undefined)
  if (found === undefined)
    return [
      { part, what: dataDir, severity: 'note', found: 'is not there yet', advice: 'the first start makes it; or look at `TENON_DATA`' },
    ]
  const canWrite = await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  const { bavail, bsize } = await statfs(dataDir)
  const free = bavail * bsize
  const held: readonly string[] = await readdir(dataDir).catch(() => [])
  const isOpen = (found.mode & 0o022) !== 0
  return [
    {
      ...{ part, what: 'rights', severity: canWrite ? (isOpen ? 'warning' : 'ok') : 'critical' },
      found: canWrite ? (isOpen ? 'others may write' : 'ours') : 'can not be written',
      ...(canWrite && !isOpen ? {} : { advice: 'give the folder to the user of the server: chown, chmod 700' }),
    },
    {
      ...{
        part,
        what: 'room',
        severity: free < budgetBytes / 4 ? 'critical' : grade(budgetBytes / Math.max(1, free), { warning: 1, critical: 4 }),
      },
      found: `${bytes(free)} free, the log may take ${bytes(budgetBytes)}`,
      ...(free >= budgetBytes
        ? {}
        : { advice: 'make room before a store is away for longer: the log would fill the disk before its budget' }),
    },
    ...(held.includes('log') ? [] : [{ part, what: 'log', severity: 'note', found: 'was never opened' } as const]),
  ]
}
