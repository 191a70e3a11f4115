import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Edition } from '../plugin/edition.ts'
import type { AnyPlugin } from '../plugin/plugin.ts'
import { type EditionFile, readEditionFile } from './edition-file.ts'
import { EditionUnreadable } from './errors.ts'
import { resolveImport } from './resolve-import.ts'

/**
 * Loads an edition from a module that exports an edition value, from a JSON edition file, or from a package.
 * The result is not checked yet: `checkEdition` and `startKernel` do that for both kinds alike.
 *
 * @param from A path (`./edition.ts`, `./edition.json`) or the name of a package; `#name` picks one export.
 * @throws `TENON_EDITION_UNREADABLE` with every place that could not be read.
 */
export async function loadEdition(from: string, options: { readonly cwd?: string } = {}): Promise<Edition> {
  const base = resolve(options.cwd ?? '.', 'edition')
  const found = await attempt(() => locate(from, base))
  if ('problem' in found) throw EditionUnreadable.create({ from, problems: [found.problem] })
  const { path, name } = found.value
  const loaded = path.endsWith('.json') ? await loadFile(path) : await attempt(() => pick(path, name, isEdition, 'edition'))
  if ('value' in loaded) return loaded.value
  throw EditionUnreadable.create({ from, ...('problem' in loaded ? { problems: [loaded.problem] } : loaded) })
}

type Attempt<T> = { readonly value: T } | { readonly problem: string }

async function attempt<T>(run: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() }
  } catch (error) {
    return { problem: error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error) }
  }
}

type Unread = { readonly problems: readonly string[]; readonly readable?: Edition }

async function loadFile(path: string): Promise<{ readonly value: Edition } | Unread> {
  const parsed = await attempt(async (): Promise<unknown> => JSON.parse(await readFile(path, 'utf8')))
  if ('problem' in parsed) return { problems: [parsed.problem] }
  const { file, problems } = readEditionFile(parsed.value)
  if (file === undefined) return { problems }
  const plugins = await Promise.all(file.plugins.map((entry) => attempt(() => loadPlugin(entry.plugin, path))))
  const missing = plugins.flatMap((plugin, index) => ('problem' in plugin ? [`plugins.${index}.plugin: ${plugin.problem}`] : []))
  const edition = assemble(
    file,
    plugins.map((plugin) => ('value' in plugin ? plugin.value : undefined)),
  )
  return missing.length > 0 ? { problems: missing, readable: edition } : { value: edition }
}

/** Without the plugins that are not there. */
function assemble(file: EditionFile, plugins: readonly (AnyPlugin | undefined)[]): Edition {
  const uses = file.plugins.flatMap((entry, index) => {
    const plugin = plugins[index]
    if (plugin === undefined) return []
    const { config = {}, as = plugin.id, onFailure = 'abort', workspaces = {} } = entry
    return [Object.freeze({ plugin, config, as, onFailure, workspaces })]
  })
  const { name, choose = {} } = file
  return Object.freeze({
    $$type: '@tenon/Edition',
    name,
    plugins: Object.freeze(uses),
    choose: Object.freeze(choose),
    adapters: Object.freeze([]),
  })
}

async function loadPlugin(plugin: string, editionPath: string): Promise<AnyPlugin> {
  const { path, name } = locate(plugin, editionPath)
  return pick(path, name, isPlugin, 'plugin')
}

/** Splits `./file.ts#name` and resolves it as an import in the file `from` would be. */
function locate(specifier: string, from: string): { readonly path: string; readonly name: string | undefined } {
  const [target = '', name] = specifier.split('#', 2)
  return { path: resolveImport(target, from), name }
}

/** The one export of a module that is what is looked for. */
async function pick<T>(path: string, name: string | undefined, fits: (value: unknown) => value is T, what: string): Promise<T> {
  const module: Readonly<Record<string, unknown>> = await import(/* @vite-ignore */ pathToFileURL(path).href)
  if (name !== undefined) {
    const value = Object.hasOwn(module, name) ? module[name] : undefined
    if (fits(value)) return value
    throw new Error(`'${path}' does not export ${article(what)} named '${name}'`)
  }
  const found = new Map(Object.entries(module).flatMap(([key, value]) => (fits(value) ? [[value, key] as const] : [])))
  const [only] = found.keys()
  if (only !== undefined && found.size === 1) return only
  if (found.size === 0) throw new Error(`'${path}' exports no ${what}`)
  throw new Error(`'${path}' exports ${found.size} ${what}s (${[...found.values()].join(', ')}); name one: '#${[...found.values()][0]}'`)
}

const article = (what: string): string => (what === 'edition' ? `an ${what}` : `a ${what}`)

const hasType = (value: unknown, type: string): boolean =>
  typeof value === 'object' && value !== null && Reflect.get(value, '$$type') === type
const isEdition = (value: unknown): value is Edition => hasType(value, '@tenon/Edition')
const isPlugin = (value: unknown): value is AnyPlugin => hasType(value, '@tenon/Plugin')
