import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { processIdentity } from '@tenon/embedded'

/** How commands on the same machine find the server of a data folder. Whoever may read the folder may use it. */
export interface ControlAddress {
  readonly url: string
  readonly token: string
  readonly pid: number
  /** Tells the process from a later one with the same number. */
  readonly started: string
}

const pathOf = (dataDir: string): string => join(dataDir, 'control.json')

export const writeControlFile = (dataDir: string, address: ControlAddress): Promise<void> =>
  writeFile(pathOf(dataDir), JSON.stringify(address), { mode: 0o600 })

export const removeControlFile = (dataDir: string): Promise<void> => rm(pathOf(dataDir), { force: true })

/**
 * Undefined where no server has left one, or not a whole one, and where the process that did is gone: its port may be somebody else's
 * by now, who must not be given the secret.
 */
export async function readControlFile(dataDir: string): Promise<ControlAddress | undefined> {
  const address = await readWhole(pathOf(dataDir))
  return address !== undefined && processIdentity(address.pid) === address.started ? address : undefined
}

async function readWhole(path: string): Promise<ControlAddress | undefined> {
  try {
    const { url, token, pid, started }: Partial<ControlAddress> = JSON.parse(await readFile(path, 'utf8'))
    const isWhole = typeof url === 'string' && typeof token === 'string' && typeof pid === 'number' && typeof started === 'string'
    return isWhole ? { url, token, pid, started } : undefined
  } catch {
    return undefined
  }
}
