import type { Label, Logger, Properties, Rule, Segmenter, Tagger } from '@tenon/kernel/contracts'
import type { Definition, Definitions, Store } from '@tenon/store'
import type { Exclusive } from '../evaluation/exclusive.ts'
import { checkPlace, checkRemoval, type Surroundings } from './check-place.ts'
import type { Kind } from './kinds.ts'
import { isOutputOf, type Live, type LiveSegment, type LiveTag } from './live.ts'
import type { DefinitionProblem } from './problem.ts'
import { type KnownPurposes, missingIn, type Referrer, referenceOfRule } from './references.ts'
import { validate } from './validate.ts'

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

export type RetireOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly problems: readonly DefinitionProblem[] }
  /** There is none, and there never was. */
  | undefined

export type Referring<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly DefinitionProblem[] }

/** All tags and segments of a workspace: what people defined, and the presets of plugins under keys that nobody took. */
export interface Catalogue {
  live(workspace: string): Promise<readonly Live[]>
  putTag(workspace: string, input: DefinitionInput): Promise<PutOutcome<LiveTag>>
  putSegment(workspace: string, input: DefinitionInput): Promise<PutOutcome<LiveSegment>>
  /** Takes a definition or a preset out of use. Again: the same answer. */
  retire(workspace: string, type: Live['type'], key: string): Promise<RetireOutcome>
  /** By the key of the definition, or by the name of something that it makes. */
  tag(workspace: string, key: string): Promise<LiveTag | undefined>
  segment(workspace: string, key: string): Promise<LiveSegment | undefined>
  /** Whether a tag or segment that no definition in use makes was given up, and not only lost its plugin for a while. */
  isGivenUp(workspace: string, type: Live['type'], name: string): Promise<boolean>
  /** From now on this is asked, too, before a tag or segment goes: who names it holds it. */
  namedBy(referrer: Referrer): void
  /** What the rule names and nobody knows: tags, segments, purposes. */
  missingIn(workspace: string, rule: Rule): Promise<readonly DefinitionProblem[]>
  /** Keeps what names tags and segments by a rule. They are there, and none of them goes while it is being kept. */
  referring<T>(workspace: string, rule: Rule, keep: () => Promise<T>): Promise<Referring<T>>
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
  /** Definitions of a workspace are checked against each other, so they change one at a time. */
  readonly exclusive: Exclusive
  /** What is wrong with a definition that only its evaluation shows. */
  readonly rehearse: (workspace: string, live: Live) => Promise<readonly DefinitionProblem[]>
  readonly policies: KnownPurposes
  readonly logger: Logger
}): Catalogue {
  const { store, exclusive, rehearse, policies, logger } = options
  const referrers = new Set<Referrer>()
  const never = new AbortController().signal
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
    const free = presets.filter(({ key }, index) => !taken.has(key) && presets.findIndex((other) => other.key === key) === index)
    const retired = await Promise.all(free.map(async ({ key }) => (await definitions.get(key)) !== undefined))
    return [...stored, ...free.filter((_, index) => retired[index] !== true)].flatMap((row) => revive(side, workspace, row))
  }

  const live = async (workspace: string): Promise<readonly Live[]> =>
    (await Promise.all([all(tags, workspace), all(segments, workspace)])).flat()

  async function around(workspace: string): Promise<Surroundings> {
    const rules = await Promise.all([...referrers].map((referrer) => referrer(workspace)))
    return { others: await live(workspace), references: rules.flat().map(referenceOfRule) }
  }

  const oneAtATime = <T>(workspace: string, run: () => Promise<T>): Promise<T> =>
    exclusive.take(`audience definitions ${workspace}`, run, never)

  async function put<L extends Live>(side: Side<L>, workspace: string, input: DefinitionInput): Promise<PutOutcome<L>> {
    const { key, label, ifVersion } = input
    const kind = side.kinds.get(input.kind)
    const problems = [...checkKey(key), ...(kind === undefined ? [unknownKind(input.kind, side.kinds)] : [])]
    if (kind === undefined) return { ok: false, problems }
    const read = await validate(kind.plugin.definition, input.definition)
    problems.push(...read.problems)
    if (problems.length > 0 || read.value === undefined) return { ok: false, problems }
    const row = { key, kind: input.kind, label, definition: read.value }
    const planned = plan(() => side.make({ ...row, version: 0 }, kind))
    if (!planned.ok) return planned
    problems.push(...checkPlace(planned.live, { ...(await around(workspace)), policies }), ...(await rehearse(workspace, planned.live)))
    if (problems.length > 0) return { ok: false, problems }
    const stored = await side.definitions(workspace).put({ ...row, ...(ifVersion === undefined ? {} : { ifVersion }) })
    if (!stored.ok) return { ok: false, version: stored.current }
    return { ok: true, live: side.make(stored.definition, kind), changed: stored.changed }
  }

  async function retire<L extends Live>(side: Side<L>, workspace: string, key: string): Promise<RetireOutcome> {
    const definitions = side.definitions(workspace)
    const surroundings = await around(workspace)
    const found = surroundings.others.find((each) => each.type === side.type && each.key === key)
    const problems = found === undefined ? [] : checkRemoval(found, surroundings)
    if (problems.length > 0) return { ok: false, problems }
    // A preset is nobody's row: it is written down first, so that the store knows that it is out of use.
    if (found?.version === 0) await definitions.put({ key, kind: found.kind, label: found.label, definition: found.definition })
    await definitions.retire(key)
    return (await definitions.get(key)) === undefined ? undefined : { ok: true }
  }

  const find = async <L extends Live>(side: Side<L>, workspace: string, key: string): Promise<L | undefined> => {
    const known = await all(side, workspace)
    return known.find((each) => each.key === key) ?? known.find((each) => isOutputOf(each, key))
  }

  async function isGivenUp<L extends Live>(side: Side<L>, workspace: string, name: string): Promise<boolean> {
    const inUse = new Set((await all(side, workspace)).map(({ key }) => key))
    const parts = name.split('.')
    const owners = parts.map((_, index) => parts.slice(0, index + 1).join('.'))
    const rows = await Promise.all(owners.map((key) => side.definitions(workspace).get(key)))
    const isAsleep = rows.some((row) => row !== undefined && row.retiredAt === undefined && !inUse.has(row.key))
    return !isAsleep && (owners.some((key) => inUse.has(key)) || rows.some((row) => row?.retiredAt !== undefined))
  }

  const unknownIn = async (workspace: string, rule: Rule) => missingIn(rule, await live(workspace), policies)

  return {
    live,
    namedBy: (referrer) => void referrers.add(referrer),
    missingIn: unknownIn,
    referring: (workspace, rule, keep) =>
      oneAtATime(workspace, async () => {
        const problems = await unknownIn(workspace, rule)
        return problems.length > 0 ? { ok: false, problems } : { ok: true, value: await keep() }
      }),
    putTag: (workspace, input) => oneAtATime(workspace, () => put(tags, workspace, input)),
    putSegment: (workspace, input) => oneAtATime(workspace, () => put(segments, workspace, input)),
    retire: (workspace, type, key) =>
      oneAtATime(workspace, () => (type === 'tag' ? retire(tags, workspace, key) : retire(segments, workspace, key))),
    tag: (workspace, key) => find(tags, workspace, key),
    segment: (workspace, key) => find(segments, workspace, key),
    isGivenUp: (workspace, type, name) => (type === 'tag' ? isGivenUp(tags, workspace, name) : isGivenUp(segments, workspace, name)),
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

/** A plugin may refuse what its own schema let through: that is a problem of this definition. */
function plan<L extends Live>(
  make: () => L,
): { readonly ok: true; readonly live: L } | { readonly ok: false; readonly problems: readonly DefinitionProblem[] } {
  try {
    return { ok: true, live: make() }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, problems: [{ path: 'definition', message: `its plugin refuses it: ${reason}` }] }
  }
}
