import type { History } from '@tenon/kernel/contracts'
import type { EvaluationScope } from './scope.ts'

/** What a model may read: never later than the instant of the evaluation, and only of people who may be processed. */
export function historyOf(scope: EvaluationScope): History {
  return {
    measures({ measures, asOf, profiles }) {
      const at = new Date(Math.min(asOf.getTime(), scope.asOf.getTime()))
      return scope.analytics.measures({ measures, asOf: at, population: scope.population, ...(profiles === undefined ? {} : { profiles }) })
    },
  }
}
