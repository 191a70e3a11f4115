import type { CallContext } from '../nouns/context.ts'
import type { History } from '../nouns/history.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { TagValue } from '../nouns/value.ts'
import type { Measure } from '../rule/rule.ts'
import { numberOf } from './draw.ts'
import { sampleDay } from './sample-context.ts'

/** One look into a sample history. */
export interface HistoryRead {
  readonly asOf: Date
  readonly workspace: string
}

export interface SampleHistory extends History {
  readonly profiles: readonly ProfileId[]
  readonly reads: readonly HistoryRead[]
}

const PAGE = 40

/**
 * A history with a plausible value for any measure: the same for the same profile, measure and salt, in pages,
 * sometimes absent. It proves the shape of what a model does with it, not the sense.
 */
export function sampleHistory(options: { readonly people: number; readonly salt?: string }): SampleHistory {
  const { people, salt = '' } = options
  const profiles = Array.from({ length: people }, (_, index) => index + 1)
  const reads: HistoryRead[] = []
  return {
    profiles,
    reads,
    async *measures(request, context: CallContext) {
      context.signal.throwIfAborted()
      reads.push({ asOf: request.asOf, workspace: context.workspace })
      const known = new Set(profiles)
      const asked = request.profiles?.filter((profile) => known.has(profile)) ?? profiles
      for (let start = 0; start < asked.length; start += PAGE) {
        yield asked.slice(start, start + PAGE).map((profile) => ({ profile, values: valuesOf(profile, request.measures, salt) }))
      }
    },
  }
}

function valuesOf(profile: ProfileId, measures: Readonly<Record<string, Measure>>, salt: string): Readonly<Record<string, TagValue>> {
  return Object.fromEntries(
    Object.entries(measures).flatMap(([name, measure]) => {
      const share = numberOf(`${salt} ${profile} ${JSON.stringify(measure)}`)
      return share < 0.05 ? [] : [[name, sampleOf(measure, share)]]
    }),
  )
}

function sampleOf(measure: Measure, share: number): TagValue {
  if (!('measure' in measure)) return Math.round(share * 100)
  const kind = measure.measure
  if (kind === 'recency') return Math.round(share * 365 * 86_400)
  if (kind === 'count' || kind === 'days' || kind === 'streak') return Math.ceil(share ** 3 * 40)
  if ('top' in kind) return [`top-${Math.floor(share * 5)}`]
  if ('first' in kind || 'last' in kind) return `value-${Math.floor(share * 5)}`
  if ('nth' in kind) return kind.of === 'timestamp' ? sampleDay(-share * 300) : `value-${Math.floor(share * 5)}`
  return Math.round(share ** 3 * 100_000) / 100
}
