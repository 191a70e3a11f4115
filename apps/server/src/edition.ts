import { retail } from '@tenon/edition-retail'
import type { Edition } from '@tenon/kernel'
import { loadEdition } from '@tenon/kernel/runtime'

const builtIn: Readonly<Record<string, Edition>> = { retail }

/** A built-in edition by its name, or one from a file or package. */
export const findEdition = async (name: string, cwd: string): Promise<Edition> => builtIn[name] ?? loadEdition(name, { cwd })
