import { readFileSync } from 'node:fs'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isPlainObject } from './plain.ts'

/**
 * The file that `import '<specifier>'` would load if it stood in the file `from`. Node offers this for the
 * running module only, so packages that export to `import` alone are looked up here.
 */
export function resolveImport(specifier: string, from: string): string {
  if (/^\.{0,2}\//.test(specifier) || /\.(?:json|[cm]?[jt]s)$/.test(specifier)) return resolve(dirname(from), specifier)
  try {
    return createRequire(pathToFileURL(from)).resolve(specifier)
  } catch (error) {
    const target = isNotExported(error) ? importTarget(specifier, from) : undefined
    if (target === undefined) throw error
    return target
  }
}

const isNotExported = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'

function importTarget(specifier: string, from: string): string | undefined {
  const path = findPackageJSON(specifier, pathToFileURL(from))
  if (path === undefined) return undefined
  const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!isPlainObject(manifest)) return undefined
  const subpath = `.${specifier
    .split('/')
    .slice(specifier.startsWith('@') ? 2 : 1)
    .map((part) => `/${part}`)
    .join('')}`
  const { exports } = manifest
  const target = choose(isPlainObject(exports) && subpath in exports ? exports[subpath] : subpath === '.' ? exports : undefined)
  return target === undefined ? undefined : resolve(dirname(path), target)
}

const CONDITIONS = new Set(['import', 'node', 'default'])

/** The first condition in the written order that holds. */
function choose(target: unknown): string | undefined {
  if (typeof target === 'string') return target
  if (!isPlainObject(target)) return undefined
  const [first] = Object.entries(target)
    .flatMap(([condition, inner]) => (CONDITIONS.has(condition) ? [choose(inner)] : []))
    .filter((found) => found !== undefined)
  return first
}
