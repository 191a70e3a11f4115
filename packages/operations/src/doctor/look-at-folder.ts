import { access, constants, readdir, stat, statfs } from 'node:fs/promises'
import { type Finding, grade } from './finding.ts'
import { bytes } from './units.ts'

const part = 'folder'

/** Whether the data folder can be written, by us alone, has room for what the log may need, and no disk of ours is nearly full. */
export async function lookAtFolder({
  dataDir,
  budgetBytes,
  others = [],
}: {
  readonly dataDir: string
  /** What the log may take there; 0 where it lies elsewhere. */
  readonly budgetBytes: number
  /** Folders that may lie on other disks. */
  readonly others?: readonly string[]
}): Promise<readonly Finding[]> {
  const found = await stat(dataDir).catch(() => undefined)
  if (found === undefined)
    return [
      { part, what: dataDir, severity: 'note', found: 'is not there yet', advice: 'the first start makes it; or look at `TENON_DATA`' },
    ]
  const held: readonly string[] = await readdir(dataDir).catch(() => [])
  return [
    await rights(dataDir, found.mode),
    ...(budgetBytes === 0 ? [] : [await room(dataDir, budgetBytes)]),
    ...(await disks([dataDir, ...held.map((name) => `${dataDir}/${name}`), ...others])),
    ...(held.includes('log') || budgetBytes === 0 ? [] : [{ part, what: 'log', severity: 'note', found: 'was never opened' } as const]),
  ]
}

async function rights(dataDir: string, mode: number): Promise<Finding> {
  const canWrite = await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  const isOpen = (mode & 0o022) !== 0
  return {
    ...{ part, what: 'rights', severity: canWrite ? (isOpen ? 'warning' : 'ok') : 'critical' },
    found: canWrite ? (isOpen ? 'others may write' : 'ours') : 'can not be written',
    ...(canWrite && !isOpen ? {} : { advice: 'give the folder to the user of the server: chown, chmod 700' }),
  }
}

async function room(dataDir: string, budgetBytes: number): Promise<Finding> {
  const { bavail, bsize } = await statfs(dataDir)
  const free = bavail * bsize
  const severity = free < budgetBytes / 4 ? 'critical' : grade(budgetBytes / Math.max(1, free), { warning: 1, critical: 4 })
  return {
    ...{ part, what: 'room', severity, found: `${bytes(free)} free, the log may take ${bytes(budgetBytes)}` },
    ...(free >= budgetBytes
      ? {}
      : { advice: 'make room before a store is away for longer: the log would fill the disk before its budget' }),
  }
}

/** One line for each disk, under the name of the first folder on it. */
async function disks(folders: readonly string[]): Promise<readonly Finding[]> {
  const seen = new Map<number, string>()
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined)
    if (found?.isDirectory() === true && !seen.has(found.dev)) seen.set(found.dev, folder)
  }
  return Promise.all([...seen.values()].map(disk))
}

async function disk(folder: string): Promise<Finding> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(folder)
  const used = blocks === 0 ? 0 : 1 - bavail / blocks
  // Some file systems have no such number.
  const named = files === 0 ? 0 : 1 - ffree / files
  const severity = grade(Math.max(used, named), { warning: 0.85, critical: 0.95 })
  return {
    ...{ part, what: `disk of ${folder}`, severity, found: `${bytes(bavail * bsize)} of ${bytes(blocks * bsize)} free` },
    ...(severity === 'ok'
      ? {}
      : {
          advice:
            named > used
              ? 'it has no more names for files: remove small ones'
              : 'make room, or move the folder: a full disk stops everything that writes',
        }),
  }
}
