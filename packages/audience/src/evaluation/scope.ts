import type { WorkspaceAnalytics } from '@tenon/analytics'
import type { ProfileId, Purpose } from '@tenon/kernel/contracts'
import type { Population } from '@tenon/privacy'
import type { Turn } from './journal.ts'

/** What one turn looks at: some people, at one instant. Everybody is many turns, so that others get theirs in between. */
export interface TurnScope {
  readonly workspace: string
  readonly analytics: WorkspaceAnalytics
  readonly turn: Turn
  /** Whose tags and memberships are decided: what is told about anybody else is left as it is. */
  readonly people: ReadonlySet<ProfileId>
  /** Of these, who may be processed. The others have no tags and are in no segment. */
  readonly granted: ReadonlySet<ProfileId>
  /** For purposes that rules ask about, who has agreed. */
  readonly consents: ReadonlyMap<Purpose, Population>
  readonly signal: AbortSignal
}

/** For calls to the analytics: who of the granted has ever done anything, at the instant of the turn. */
export const asked = ({ turn, granted, signal }: TurnScope) => ({ asOf: turn.asOf, profiles: [...granted], knownOnly: true, signal })
