import type { InstanceId } from '../plugin/lifecycle.ts'
import { isPlainObject, type PlainObject } from './plain.ts'

/** An edition as JSON. Values of `config` may be `{ "$env": "NAME", "default": "..." }`. */
export interface EditionFile {
  readonly name: string
  readonly plugins: readonly EditionFileEntry[]
  readonly choose?: Readonly<Record<string, InstanceId>>
}

export interface EditionFileEntry {
  /** A package (`@tenon/plugin-tag-rfm`) or a path from the edition file (`./my-plugin.ts`); `#name` picks one export. */
  readonly plugin: string
  readonly config?: PlainObject
  readonly as?: InstanceId
  readonly onFailure?: 'abort' | 'continue'
  readonly workspaces?: Readonly<Record<string, PlainObject>>
}

type Check = (value: unknown) => string | undefined

/** Reads an edition file: unknown keys and wrong types are problems that name their path. */
export function readEditionFile(value: unknown): { readonly file: EditionFile | undefined; readonly problems: readonly string[] } {
  const problems = [
    ...closed(value, '', { name: isText, plugins: isList, choose: optionally(isTexts) }),
    ...entriesOf(value).flatMap((entry, index) => closed(entry, `plugins.${index}`, ENTRY)),
  ]
  return { file: problems.length === 0 && isEditionFile(value) ? value : undefined, problems }
}

const isText: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'is not a text')
const isList: Check = (value) => (Array.isArray(value) ? undefined : 'is not a list')
const isObject: Check = (value) => (isPlainObject(value) ? undefined : 'is not an object')
const isTexts: Check = (value) =>
  isPlainObject(value) && Object.values(value).every((item) => typeof item === 'string') ? undefined : 'is not an object of texts'
const isObjects: Check = (value) =>
  isPlainObject(value) && Object.values(value).every(isPlainObject) ? undefined : 'is not an object of objects'
const isPolicy: Check = (value) => (value === 'abort' || value === 'continue' ? undefined : "is neither 'abort' nor 'continue'")
const optionally =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value)

const ENTRY: Readonly<Record<string, Check>> = {
  plugin: isText,
  config: optionally(isObject),
  as: optionally(isText),
  onFailure: optionally(isPolicy),
  workspaces: optionally(isObjects),
}

function closed(value: unknown, path: string, keys: Readonly<Record<string, Check>>): readonly string[] {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
  if (!isPlainObject(value)) return [`${path === '' ? 'the file' : path}: is not an object`]
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(keys, key) && key !== '$schema')
  const wrong = Object.entries(keys).flatMap(([key, check]) => {
    const problem = check(value[key])
    return problem === undefined ? [] : [`${at(key)}: ${problem}`]
  })
  return [...unknown.map((key) => `${at(key)}: there is no such key`), ...wrong]
}

const entriesOf = (value: unknown): readonly unknown[] => (isPlainObject(value) && Array.isArray(value.plugins) ? value.plugins : [])

/** Only ever asked about a value without problems. */
const isEditionFile = (value: unknown): value is EditionFile => isPlainObject(value)
