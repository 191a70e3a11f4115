import { createHash } from 'node:crypto'
import { retail } from '@tenon/edition-retail'
import { defineError, type Edition } from '@tenon/kernel'
import { EditionUnreadable, loadEdition } from '@tenon/kernel/runtime'
import { version as serverVersion } from './version.ts'

const builtIn: Readonly<Record<string, Edition>> = { retail }

export const EditionChanged = defineError({
  code: 'TENON_EDITION_CHANGED',
  title: 'The edition was changed beneath a running server.',
  help: 'Plugins were added, removed or replaced, or Tenon itself was, and the process that stores events had to be started again meanwhile. It does not go on with another edition than the server: events wait in the log until the server is restarted.',
  message: (details: { readonly edition: string }) =>
    `edition '${details.edition}' is not the one that the server runs: restart the server`,
})

/** Of which plugins an edition consists, in which versions: two processes that must run the same one compare it. */
export function editionDigest({ name, plugins, choose }: Edition): string {
  const parts = plugins.map(({ as, plugin: { id, version }, onFailure }) => ({ as, id, version, onFailure }))
  return createHash('sha256')
    .update(JSON.stringify({ version: serverVersion, name, choose, parts }))
    .digest('hex')
}

/** A built-in edition by its name, or one from a file or package. */
export async function findEdition(name: string, cwd: string): Promise<Edition> {
  const edition = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined
  if (edition !== undefined) return edition
  try {
    return await loadEdition(name, { cwd })
  } catch (error) {
    // A word is rather a misspelt name than a package.
    if (!EditionUnreadable.is(error) || !/^[\w-]+$/.test(name)) throw error
    const problem = `there is no built-in edition '${name}' (there is ${Object.keys(builtIn).join(', ')}), and no such package`
    throw EditionUnreadable.create({ from: name, problems: [problem] }, error)
  }
}
