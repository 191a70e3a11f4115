import type { WorkspaceAnalytics } from '@tenon/analytics'
import type { History, ProfileId } from '@tenon/kernel/contracts'
import type { Population } from '@tenon/privacy'

/** What a model may read: never later than the instant of the evaluation, and only of people who may be processed. */
export function historyOf(source: {
  readonly analytics: WorkspaceAnalytics
  readonly until: Date
  readonly population: Population
}): History {
  const { analytics, until, population } = source
  return {
    measures({ measures, asOf, profiles }, { signal }) {
      const at = new Date(Math.min(asOf.getTime(), until.getTime()))
      return analytics.measures({ measures, asOf: at, population, signal, ...among(profiles) })
    },
  }
}

const among = (profiles: readonly ProfileId[] | undefined) => (profiles === undefined ? {} : { profiles, knownOnly: true })
