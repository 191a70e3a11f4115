import type { WorkspaceAnalytics } from '@tenon/analytics'
import type { Identifier, Json, MatchField, MatchRecord, MatchRecords, ProfileId, Properties } from '@tenon/kernel/contracts'
import type { Population } from '@tenon/privacy'
import type { Profiles } from '@tenon/store'

const PER_PAGE = 1_000

export interface RecordSources {
  readonly profiles: Pick<Profiles, 'identifiersOf' | 'pages'>
  readonly analytics: Pick<WorkspaceAnalytics, 'traits'>
}

/** Everybody of the population, as a matcher with these fields sees them. Who they are is fixed with the first walk. */
export function matchRecords(sources: RecordSources, fields: readonly MatchField[], population: Population): MatchRecords {
  const exceptions = new Set(population.exceptions)
  let everybody: readonly ProfileId[] | undefined
  return {
    async *read({ signal }) {
      everybody ??= await peopleOf(sources, (profile) => exceptions.has(profile) !== population.default)
      for (let start = 0; start < everybody.length; start += PER_PAGE) {
        signal.throwIfAborted()
        yield await recordsOf(sources, fields, everybody.slice(start, start + PER_PAGE))
      }
    },
  }
}

/** What a matcher sees of these people. Who has none of the fields is there too, with no values. */
export async function recordsOf(
  { profiles, analytics }: RecordSources,
  fields: readonly MatchField[],
  people: readonly ProfileId[],
): Promise<readonly MatchRecord[]> {
  const needsTraits = fields.some(({ from }) => 'trait' in from)
  const [identifiers, traits] = await Promise.all([
    profiles.identifiersOf(people),
    needsTraits ? analytics.traits(people) : new Map<ProfileId, Properties>(),
  ])
  return people.map((profile) => ({ profile, values: valuesOf(fields, identifiers.get(profile) ?? [], traits.get(profile) ?? {}) }))
}

async function peopleOf({ profiles }: RecordSources, isIn: (profile: ProfileId) => boolean): Promise<readonly ProfileId[]> {
  const people: ProfileId[] = []
  for await (const page of profiles.pages()) people.push(...page.filter(isIn))
  return people
}

function valuesOf(fields: readonly MatchField[], identifiers: readonly Identifier[], traits: Properties): MatchRecord['values'] {
  return Object.fromEntries(
    fields.flatMap(({ key, from }) => {
      const values =
        'identifier' in from
          ? identifiers.filter(({ type }) => type === from.identifier).map(({ value }) => value)
          : textsOf(valueAt(traits, from.trait))
      return values.length === 0 ? [] : [[key, [...new Set(values)]] as const]
    }),
  )
}

/** Of a trait that is named so itself, or at the end of the dots. */
function valueAt(traits: Properties, path: string): Json | undefined {
  if (Object.hasOwn(traits, path)) return traits[path]
  return path.split('.').reduce<Json | undefined>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), traits)
}

const isObject = (value: Json | undefined): value is Properties => typeof value === 'object' && value !== null && !Array.isArray(value)

function textsOf(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((part: Json) => (typeof part === 'object' ? [] : textsOf(part)))
  if (typeof value === 'string') return value.trim() === '' ? [] : [value]
  return typeof value === 'number' ? [String(value)] : []
}
