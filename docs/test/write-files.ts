/** Writes the files that a page shows into a folder: `node docs/test/write-files.ts <page> <folder> [only what begins with]`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { filesOf } from './code-blocks.ts'

const [page, folder, prefix = ''] = process.argv.slice(2)
if (page === undefined || folder === undefined) throw new Error('usage: write-files.ts <page> <folder> [prefix]')

for (const [path, text] of filesOf(await readFile(page, 'utf8'))) {
  if (!path.startsWith(prefix)) continue
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
}
