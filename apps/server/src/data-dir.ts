import { access, constants, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SettingInvalid } from './settings.ts'

/**
 * Makes the data folder, and sees that it can be written. One folder after the other: where a file system says that a new folder can
 * not be found, as `/proc` does, Node's recursive form tries for ever.
 *
 * @throws TENON_SETTING_INVALID for `TENON_DATA`.
 */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    for (const folder of await missing(dataDir)) await mkdir(folder)
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw SettingInvalid.create({ setting: 'TENON_DATA', problem: `${dataDir} can not be made or written (${reason})` }, error)
  }
}

/** The folders on the way that are not there yet, the outermost first. */
async function missing(folder: string): Promise<readonly string[]> {
  const there = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && dirname(folder) !== folder) return undefined
    throw error
  })
  if (there === undefined) return [...(await missing(dirname(folder))), folder]
  if (!there.isDirectory()) throw new Error(`${folder} is not a folder`)
  return []
}
