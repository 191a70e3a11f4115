import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** How commands on the same machine find the server of a data folder. Whoever may read the folder may use it. */
export interface ControlAddress {
  readonly url: string
  readonly token: string
  readonly pid: number
}

const pathOf = (dataDir: string): string => join(dataDir, 'control.json')

export const writeControlFile = (dataDir: string, address: ControlAddress): Promise<void> =>
  writeFile(pathOf(dataDir), JSON.stringify(address), { mode: 0o600 })

export const removeControlFile = (dataDir: string): Promise<void> => rm(pathOf(dataDir), { force: true })

/** Undefined where no server has left one, or not a whole one. */
export async function readControlFile(dataDir: string): Promise<ControlAddress | undefined> {
  try {
    const { url, token, pid }: Partial<ControlAddress> = JSON.parse(await readFile(pathOf(dataDir), 'utf8'))
    return typeof url === 'string' && typeof token === 'string' && typeof pid === 'number' ? { url, token, pid } : undefined
  } catch {
    return undefined
  }
}
