import type { CapabilityId } from '../plugin/capability.ts'
import type { Edition, Use } from '../plugin/edition.ts'
import type { InstanceId } from '../plugin/lifecycle.ts'
import { isAdapterValue } from './adaptation.ts'
import type { ArityConflict } from './catalogue.ts'
import type { Cycle } from './graph.ts'
import { formatCycle } from './graph.ts'
import { migrationProblems } from './migration-steps.ts'
import type { PluginValue } from './plugin-value.ts'
import type { Problem } from './problem.ts'

/** An edition too broken to be examined further, as plain JavaScript or another program may make one. */
export function shapeProblem(edition: unknown): Problem | undefined {
  const problem = (text: string): Problem => ({ instance: undefined, kind: 'edition', path: '', problem: text })
  if (typeof edition !== 'object' || edition === null || Reflect.get(edition, '$$type') !== '@tenon/Edition') {
    return problem('this is not an edition value; make it with defineEdition')
  }
  const plugins: unknown = Reflect.get(edition, 'plugins')
  if (!Array.isArray(plugins) || !plugins.every(isUse)) return problem('its plugins are not a list made with use')
  return undefined
}

const isUse = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'plugin' in value && typeof Reflect.get(value, 'as') === 'string'

export function editionProblems(edition: Edition): readonly Problem[] {
  const names = edition.plugins.map((use) => use.as)
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return [
    ...[...repeated].map((name) =>
      problemOf(
        name,
        'edition',
        `the name is used ${names.filter((other) => other === name).length} times; give each use its own with 'as'`,
      ),
    ),
    ...names
      .filter((name) => !/^[^\s\p{Cc}]+$/u.test(name))
      .map((name) => problemOf(name, 'edition', 'a name of an instance has no spaces and is not empty')),
    ...edition.adapters
      .filter((adapter) => !isAdapterValue(adapter))
      .map(() => problemOf(undefined, 'adapter', 'this is not an adapter value; make it with defineAdapter', 'adapters')),
  ]
}

/** A plugin must not take the place of the host, nor provide a capability under two names. */
export function providesProblems(instance: InstanceId, { provides }: PluginValue, core: ReadonlySet<CapabilityId>): readonly Problem[] {
  const ids = Object.values(provides).map(({ id }) => id)
  return Object.entries(provides).flatMap(([name, { id }], index) => {
    const path = `provides.${name}`
    if (core.has(id) || id.startsWith('core.')) return [problemOf(instance, 'plugin', `'${id}' belongs to the host`, path)]
    return ids.indexOf(id) === index ? [] : [problemOf(instance, 'plugin', `'${id}' is provided twice`, path)]
  })
}

/** Two objects of one capability are two keys of a map, but one thing. */
export function coreProblems(ids: readonly CapabilityId[]): readonly Problem[] {
  const repeated = new Set(ids.filter((id, index) => ids.indexOf(id) !== index))
  return [...repeated].map((id) => problemOf(undefined, 'need', 'the host brings it twice', `core: ${id}`))
}

export function conflictProblems(conflicts: readonly ArityConflict[]): readonly Problem[] {
  return conflicts.map(({ id, arities }) =>
    problemOf(undefined, 'need', `is declared with arity ${arities.join(' and ')}: plugins were built against contracts that differ`, id),
  )
}

export function cycleProblems(cycles: readonly Cycle[]): readonly Problem[] {
  return cycles.map((cycle) => problemOf(cycle[0]?.consumer, 'cycle', `plugins need each other in a circle: ${formatCycle(cycle)}`))
}

/** What an edition says for single workspaces must reach somebody. */
export function workspacesProblems({ as, workspaces }: Use, { perWorkspace }: PluginValue): readonly Problem[] {
  if (perWorkspace === true || Object.keys(workspaces).length === 0) return []
  return [problemOf(as, 'config', 'this plugin has one configuration for all workspaces', 'workspaces')]
}

export function migrationsProblems(instance: InstanceId, { migrations }: PluginValue, canMigrate: boolean): readonly Problem[] {
  if (migrations === undefined) return []
  const unable = canMigrate ? [] : [problemOf(instance, 'migration', 'brings migrations, but this host applies none', 'migrations')]
  return [...unable, ...migrationProblems(migrations).map(({ path, problem }) => problemOf(instance, 'migration', problem, path))]
}

const problemOf = (instance: InstanceId | undefined, kind: Problem['kind'], problem: string, path = ''): Problem => ({
  instance,
  kind,
  path,
  problem,
})
