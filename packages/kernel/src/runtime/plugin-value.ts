import type { ConfigSchema } from '../plugin/config.ts'
import type { Running, SetupContext } from '../plugin/lifecycle.ts'
import type { Migrations } from '../plugin/migrations.ts'
import type { Needs, Provides } from '../plugin/needs.ts'
import { CONTRACT } from '../plugin/plugin.ts'
import { isPlainObject } from './plain.ts'

/** A plugin as the runtime reads it. Its types were checked by its author's compiler; here only its shape is known. */
export interface PluginValue {
  readonly $$type: '@tenon/Plugin'
  readonly contract: number
  readonly id: string
  readonly version: string
  readonly description?: string
  readonly config: ConfigSchema
  readonly needs: Needs
  readonly provides: Provides
  readonly migrations?: Migrations
  readonly perWorkspace?: true
  setup(context: SetupContext<Needs, ConfigSchema>): Running<Provides> | Promise<Running<Provides>>
}

/**
 * The plugin contracts that this kernel speaks: today's and the one before it. `read` turns a value of that
 * contract into one of today. When the number goes up, the oldest row leaves and its deprecation becomes a
 * tombstone.
 */
export const SPOKEN_CONTRACTS: readonly {
  readonly contract: number
  readonly difference: string
  read(value: PluginValue): PluginValue
}[] = Object.freeze([
  { contract: CONTRACT, difference: 'none: this is the contract of today', read: (value: PluginValue) => value },
  { contract: CONTRACT - 1, difference: 'the preview before the first release; the same members', read: (value: PluginValue) => value },
])

export type PluginReading =
  | { readonly plugin: PluginValue; readonly problems: readonly string[] }
  | { readonly plugin: undefined; readonly problems: readonly string[] }

/** Checks the shape of a plugin value, which an edition file or an old package may have got wrong. */
export function readPlugin(value: unknown): PluginReading {
  const problems = shapeProblems(value)
  if (problems.length > 0 || !isPluginValue(value)) return { plugin: undefined, problems }
  const spoken = SPOKEN_CONTRACTS.find(({ contract }) => contract === value.contract)
  if (spoken !== undefined) return { plugin: spoken.read(value), problems: [] }
  const numbers = SPOKEN_CONTRACTS.map(({ contract }) => contract).join(' and ')
  return { plugin: value, problems: [`built for plugin contract ${value.contract}; this kernel speaks ${numbers}`] }
}

const isPluginValue = (value: unknown): value is PluginValue => shapeProblems(value).length === 0

function shapeProblems(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || !('$$type' in value) || value.$$type !== '@tenon/Plugin') {
    return ['this is not a plugin value; make it with definePlugin']
  }
  const member = (name: string): unknown => Reflect.get(value, name)
  const wrong = Object.entries(SHAPE)
    .filter(([name, fits]) => !fits(member(name)))
    .map(([name]) => `the plugin value has no valid '${name}'`)
  return Object.isFrozen(value) ? wrong : [...wrong, 'the plugin value is not frozen; make it with definePlugin']
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

const SHAPE: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: isText,
  version: (value) => typeof value === 'string' && /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(value),
  contract: Number.isSafeInteger,
  description: (value) => value === undefined || typeof value === 'string',
  config: isConfigSchema,
  needs: (value) => isPlainObject(value) && Object.values(value).every(isNeed),
  provides: (value) => isPlainObject(value) && Object.values(value).every(isCapability),
  migrations: (value) => value === undefined || isPlainObject(value),
  perWorkspace: (value) => value === undefined || value === true,
  setup: (value) => typeof value === 'function',
}

/** Standard Schema allows functions as well as objects. */
function isConfigSchema(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false
  const standard = value['~standard']
  return typeof standard === 'object' && standard !== null && 'validate' in standard && 'jsonSchema' in standard
}

function isNeed(value: unknown): boolean {
  if (!isPlainObject(value)) return false
  return value.$$type === '@tenon/Optional' || value.$$type === '@tenon/AtLeastOne' ? isCapability(value.of) : isCapability(value)
}

function isCapability(value: unknown): boolean {
  return (
    isPlainObject(value) &&
    value.$$type === '@tenon/Capability' &&
    typeof value.id === 'string' &&
    /^[^./]+\.[^/]+\/\d+$/.test(value.id) &&
    (value.arity === 'one' || value.arity === 'many') &&
    ['function', 'undefined'].includes(typeof value.guard)
  )
}
