import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from './segment.ts'

export const ID_FILE = 'id'

/** The name of the log in a folder; made once, durable before the first record. */
export async function readLogId(folder: string): Promise<string> {
  const path = join(folder, ID_FILE)
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const id = randomUUID()
  await writeFile(`${path}.new`, id, { flush: true })
  await rename(`${path}.new`, path)
  await syncFolder(folder)
  return id
}
