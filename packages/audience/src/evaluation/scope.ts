import type { WorkspaceAnalytics } from '@tenon/analytics'
import type { ProfileId } from '@tenon/kernel/contracts'
import type { Population } from '@tenon/privacy'

/** What one evaluation looks at. Everything in it happens at one instant. */
export interface EvaluationScope {
  readonly workspace: string
  readonly analytics: WorkspaceAnalytics
  readonly asOf: Date
  /** Those whose events are new; everybody where absent. */
  readonly profiles?: readonly ProfileId[]
  /** Who may be processed. Whoever may not has no tags and is in no segment. */
  readonly population: Population
  /** Whether models are fitted anew, however young they are. */
  readonly refit: boolean
  readonly signal: AbortSignal
}

/** The optional part of a call to the analytics, spelled once. */
export const asked = (scope: Pick<EvaluationScope, 'profiles'>): { readonly profiles?: readonly ProfileId[] } =>
  scope.profiles === undefined ? {} : { profiles: scope.profiles }
