import type { Measure } from '../rule/rule.ts'
import type { CallContext } from './context.ts'
import type { ProfileId } from './identifier.ts'
import type { TagValue } from './value.ts'

/**
 * What a model may read: as it was at `asOf`, never later, and only of people whose consent covers the purpose of
 * the context. A measure without a value is absent from `values`.
 */
export interface History {
  measures(
    request: {
      readonly measures: Readonly<Record<string, Measure>>
      readonly asOf: Date
      /** Everybody where absent. */
      readonly profiles?: readonly ProfileId[]
    },
    context: CallContext,
  ): AsyncIterable<readonly { readonly profile: ProfileId; readonly values: Readonly<Record<string, TagValue>> }[]>
}
