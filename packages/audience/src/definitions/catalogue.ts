import type { ConfigSchema } from '@tenon/kernel'
import type { Label, Logger, Properties, Segmenter, Tagger } from '@tenon/kernel/contracts'
import type { Definition, Definitions, Store } from '@tenon/store'
import { dependenciesOf, layersOf, namesOf } from './dependencies.ts'
import type { Kind } from './kinds.ts'
import { isOutputOf, type Live, type LiveSegment, type LiveTag } from './live.ts'
import type { DefinitionProblem } from './problem.ts'

export interface DefinitionInput {
  readonly key: string
  readonly kind: string
  readonly label: Label
  readonly definition: Properties
  /** Only if this is the current version; 0 where it must not exist yet. */
  readonly ifVersion?: number
}

export type PutOutcome<L extends Live> =
  | { readonly ok: true; readonly live: L; readonly changed: boolean }
  | { readonly ok: false; readonly problems: readonly DefinitionProblem[] }
  /** Somebody else changed it: `version` is the one now. */
  | { readonly ok: false; readonly version: number }

/** All tags and segments of a workspace: what people defined, and the presets of plugins under keys that nobody took. */
export interface Catalogue {
  live(workspace: string): Promise<readonly Live[]>
  putTag(workspace: string, input: DefinitionInput): Promise<PutOutcome<LiveTag>>
  putSegment(workspace: string, input: DefinitionInput): Promise<PutOutcome<LiveSegment>>
  /** By the key of the definition, or by the name of something that it makes. */
  tag(workspace: string, key: string): Promise<LiveTag | undefined>
  segment(workspace: string, key: string): Promise<LiveSegment | undefined>
}

const keyPattern = /^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$/

interface Side<L extends Live> {
  readonly type: L['type']
  readonly kinds: ReadonlyMap<string, Kind<L['plugin']>>
  definitions(workspace: string): Definitions
  make(row: Row, kind: Kind<L['plugin']>): L
}

type Row = Pick<Definition, 'key' | 'kind' | 'label' | 'definition' | 'version'>

export function createCatalogue(options: {
  readonly store: Store
  readonly taggers: ReadonlyMap<string, Kind<Tagger>>
  readonly segmenters: ReadonlyMap<string, Kind<Segmenter>>
  readonly logger: Logger
}): Catalogue {
  const { store, logger } = options
  const tags: Side<LiveTag> = {
    type: 'tag',
    kinds: options.taggers,
    definitions: (workspace) => store.in(workspace).definitions.tags,
    make: (row, { instance, plugin }) => ({ ...row, type: 'tag', instance, plugin, plan: plugin.plan(row) }),
  }
  const segments: Side<LiveSegment> = {
    type: 'segment',
    kinds: options.segmenters,
    definitions: (workspace) => store.in(workspace).definitions.segments,
    make: (row, { instance, plugin }) => ({ ...row, type: 'segment', instance, plugin, plan: plugin.plan(row) }),
  }

  /** A stored definition whose plugin is gone, or refuses it now, stands still: it must not stop all others. */
  function revive<L extends Live>(side: Side<L>, workspace: string, row: Row): readonly L[] {
    const kind = side.kinds.get(row.kind)
    if (kind === undefined) {
      logger.warn('no plugin for a definition', { workspace, type: side.type, key: row.key, kind: row.kind })
      return []
    }
    try {
      return [side.make(row, kind)]
    } catch (error) {
      logger.error('a plugin refuses a stored definition', { workspace, type: side.type, key: row.key, kind: row.kind, error })
      return []
    }
  }

  async function all<L extends Live>(side: Side<L>, workspace: string): Promise<readonly L[]> {
    const definitions = side.definitions(workspace)
    const stored = await definitions.list()
    const taken = new Set(stored.map(({ key }) => key))
    const presets = [...side.kinds.values()].flatMap(({ plugin }) =>
      plugin.presets.map((preset) => ({ ...preset, kind: plugin.kind, version: 0 })),
    )
    const free = presets.filter(({ key }) => !taken.has(key))
    const retired = await Promise.all(free.map(async ({ key }) => (await definitions.get(key)) !== undefined))
    return [...stored, ...free.filter((_, index) => retired[index] !== true)].flatMap((row) => revive(side, workspace, row))
  }

  const live = async (workspace: string): Promise<readonly Live[]> =>
    (await Promise.all([all(tags, workspace), all(segments, workspace)])).flat()

  async function put<L extends Live>(side: Side<L>, workspace: string, input: DefinitionInput): Promise<PutOutcome<L>> {
    const kind = side.kinds.get(input.kind)
    const problems = [...checkKey(input.key), ...(kind === undefined ? [unknownKind(input.kind, side.kinds)] : [])]
    if (kind === undefined) return { ok: false, problems }
    const read = await validate(kind.plugin.definition, input.definition)
    problems.push(...read.problems)
    if (problems.length > 0 || read.value === undefined) return { ok: false, problems }
    const candidate = side.make({ key: input.key, kind: input.kind, label: input.label, definition: read.value, version: 0 }, kind)
    problems.push(...checkPlace(candidate, await live(workspace)))
    if (problems.length > 0) return { ok: false, problems }
    const { key, label } = input
    const stored = await side.definitions(workspace).put({
      key,
      kind: input.kind,
      label,
      definition: read.value,
      ...(input.ifVersion === undefined ? {} : { ifVersion: input.ifVersion }),
    })
    if (!stored.ok) return { ok: false, version: stored.current }
    return { ok: true, live: side.make(stored.definition, kind), changed: stored.changed }
  }

  const find = async <L extends Live>(side: Side<L>, workspace: string, key: string): Promise<L | undefined> => {
    const known = await all(side, workspace)
    return known.find((each) => each.key === key) ?? known.find((each) => isOutputOf(each, key))
  }

  return {
    live,
    putTag: (workspace, input) => put(tags, workspace, input),
    putSegment: (workspace, input) => put(segments, workspace, input),
    tag: (workspace, key) => find(tags, workspace, key),
    segment: (workspace, key) => find(segments, workspace, key),
  }
}

const checkKey = (key: string): readonly DefinitionProblem[] =>
  key.length <= 100 && keyPattern.test(key)
    ? []
    : [{ path: 'key', message: 'must be dotted lower case such as `orders.last30d`, 100 characters at the most' }]

const unknownKind = (kind: string, kinds: ReadonlyMap<string, unknown>): DefinitionProblem => ({
  path: 'kind',
  message: `no plugin brings the kind '${kind}'; there is ${[...kinds.keys()].sort().join(', ') || 'none'}`,
})

async function validate(
  schema: ConfigSchema,
  definition: Properties,
): Promise<{ readonly value?: Properties; readonly problems: readonly DefinitionProblem[] }> {
  const result = await schema['~standard'].validate(definition)
  if (result.issues === undefined) return { value: result.value, problems: [] }
  return { problems: result.issues.map(({ path, message }) => ({ path: pathOf(path ?? []), message })) }
}

function pathOf(parts: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  const keys = parts.map((part) => (typeof part === 'object' ? part.key : part))
  return keys.reduce<string>((path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}.${String(key)}`), 'definition')
}

/** What it refers to exists, it takes no name of another, and it does not come round to itself. */
function checkPlace(candidate: Live, others: readonly Live[]): readonly DefinitionProblem[] {
  const rest = others.filter((other) => other.type !== candidate.type || other.key !== candidate.key)
  const known = new Set([...rest, candidate].flatMap(namesOf))
  const taken = new Set(rest.flatMap(namesOf))
  const missing = [...new Set(dependenciesOf(candidate))].filter((name) => !known.has(name))
  const layers = layersOf([...rest, candidate])
  return [
    ...missing.map((name) => ({ path: 'definition', message: `refers to ${name.replace(':', ' ')}, which does not exist` })),
    ...namesOf(candidate)
      .filter((name) => taken.has(name))
      .map((name) => ({ path: 'key', message: `${name.replace(':', ' ')} is made by another definition` })),
    ...(layers.ok ? [] : [{ path: 'definition', message: `goes round in a circle: ${layers.cycle.join(' → ')}` }]),
  ]
}
