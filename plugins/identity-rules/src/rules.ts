import type { Identifier, IdentifierType } from '@tenon/kernel/contracts'
import type { IdentityConfig, TypeConfig } from './config.ts'
import { normaliserOf } from './normalise.ts'
import { OTHER, PRESETS, type Window } from './presets.ts'

/** One identifier type with everything that the plan needs. */
export interface TypeRule extends IdentifierType {
  /** 0 is the highest. */
  readonly rank: number
  readonly count: number
  readonly windowMs: number
  readonly unique: boolean
}

export interface Rules {
  readonly types: ReadonlyMap<string, TypeRule>
  readonly alias: IdentityConfig['alias']
  /** The rule that keeps a value from being used, if there is one. */
  blockedBy(identifier: Identifier): 'blocked-value' | 'blocked-pattern' | undefined
}

const DAY_MS = 86_400_000
const WINDOWS: Readonly<Record<Window, number>> = Object.freeze({
  ever: Number.POSITIVE_INFINITY,
  daily: DAY_MS,
  weekly: 7 * DAY_MS,
  monthly: 30 * DAY_MS,
  annually: 365 * DAY_MS,
})

/** Compiles the configuration once. */
export function compileRules(config: IdentityConfig): Rules {
  const types = new Map(config.types.map((type, rank) => [type.type, compileType(type, rank, config.defaultCountry)]))
  const values = new Set(config.blockedValues.map(folded))
  const pattern = new RegExp(config.blockedPatterns.map((source) => `(?:${source})`).join('|') || '(?!)', 'u')
  const ofType = new Map(config.types.map(({ type, blocked }) => [type, new Set(blocked.map(folded))]))
  // Trimming and folding case change the length of a text by little.
  const longest = 2 * Math.max(0, ...[values, ...ofType.values()].flatMap((set) => [...set].map(({ length }) => length)))
  return {
    types,
    alias: config.alias,
    blockedBy({ type, value }) {
      // Values that are blocked are short, those of people mostly are not.
      if (value.length <= longest) {
        const text = folded(value)
        if (values.has(text) || ofType.get(type)?.has(text)) return 'blocked-value'
      }
      return pattern.test(value) ? 'blocked-pattern' : undefined
    },
  }
}

const folded = (value: string): string => value.trim().toLowerCase()

function compileType(config: TypeConfig, rank: number, country: string | undefined): TypeRule {
  const preset = Object.hasOwn(PRESETS, config.type) ? PRESETS[config.type] : undefined
  const { format, limit, unique, personal } = { ...OTHER, ...preset, ...definedOf(config) }
  const normaliseFormat = normaliserOf(format, country)
  const pattern = config.pattern === undefined ? undefined : new RegExp(config.pattern, 'u')
  const label = { en: config.label?.en ?? preset?.label.en ?? config.type, ...optionalZh(config.label?.zh ?? preset?.label.zh) }
  return Object.freeze({
    type: config.type,
    label: Object.freeze(label),
    personal,
    rank,
    count: unique ? 1 : limit.count,
    windowMs: unique ? Number.POSITIVE_INFINITY : WINDOWS[limit.window],
    unique,
    normalise: (value: string) => {
      const canonical = normaliseFormat(value)
      return canonical === undefined || pattern?.test(canonical) === false ? undefined : canonical
    },
  })
}

const optionalZh = (zh: string | undefined): { readonly zh?: string } => (zh === undefined ? {} : { zh })

/** What the configuration says itself, without what it leaves open. */
function definedOf({ format, limit, unique, personal }: TypeConfig) {
  return {
    ...(format === undefined ? {} : { format }),
    ...(limit === undefined ? {} : { limit }),
    ...(unique === undefined ? {} : { unique }),
    ...(personal === undefined ? {} : { personal }),
  }
}
