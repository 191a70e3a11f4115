import { nearest } from '@tenon/kernel/contracts'
import { settingNames } from './settings.ts'

const PREFIX = 'TENON_'
/** What stands behind it is a name of the operator's own. */
const CONNECTION = 'TENON_IMPORT_'
const meanings = settingNames.map((name) => name.slice(PREFIX.length))

/** Variables that look like one of ours and are none: a misspelt address of a database would start embedded stores without a word. */
export function misspeltSettings(
  env: Readonly<Record<string, string | undefined>>,
): readonly { readonly name: string; readonly meant: string }[] {
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith(PREFIX) || name.startsWith(CONNECTION) || settingNames.includes(name)) return []
    const meant = nearest(name.slice(PREFIX.length), meanings)
    return meant === undefined ? [] : [{ name, meant: `${PREFIX}${meant}` }]
  })
}
