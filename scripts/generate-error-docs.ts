/** Writes docs/errors/ and docs/deprecations.md from the sources: `pnpm run docs:errors`. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deprecations } from '../packages/kernel/src/runtime/index.ts'
import { collectErrors, renderDocs } from './error-docs.ts'

const root = join(import.meta.dirname, '..')
const docs = join(root, 'docs')

const pages = renderDocs(await collectErrors(root), deprecations)
await mkdir(join(docs, 'errors'), { recursive: true })
for (const file of await readdir(join(docs, 'errors'))) {
  if (!pages.has(`errors/${file}`)) await rm(join(docs, 'errors', file))
}
for (const [path, text] of pages) await writeFile(join(docs, path), text)
process.stdout.write(`${pages.size} pages\n`)
