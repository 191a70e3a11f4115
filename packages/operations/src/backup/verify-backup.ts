import { checkFile, readManifest } from './backup-folder.ts'
import { filesOf, type Manifest } from './manifest.ts'

/** Reads every byte of a backup. Throws what is wrong with it, the first thing first. */
export async function verifyBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder)
  for (const file of filesOf(manifest)) await checkFile(folder, file)
  return manifest
}
