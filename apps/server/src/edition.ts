import { retail } from '@tenon/edition-retail'
import type { Edition } from '@tenon/kernel'
import { EditionUnreadable, loadEdition } from '@tenon/kernel/runtime'

const builtIn: Readonly<Record<string, Edition>> = { retail }

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
