import type { CallContext } from '../nouns/context.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { Purpose } from '../nouns/purpose.ts'
import type { Action, Decision } from './contract.ts'

/**
 * Proof that the gate said yes: made by the gate alone and recognised by identity, so that nobody can write one.
 * Guards ask for it where a plugin would act on a person.
 */
export interface Permit {
  readonly $$type: '@tenon/Permit'
  readonly workspace: string
  readonly profile: ProfileId
  readonly purpose: Purpose
  readonly action: Action
  readonly basis: string
  readonly receipt?: string
  readonly decidedAt: Date
}

/** The one door to personal data. Fails closed: whatever is not clearly allowed is not. */
export interface Gate {
  /** A decision for each profile, in one look at the ledger. */
  decide(
    request: { readonly profiles: readonly ProfileId[]; readonly purpose: Purpose; readonly action: Action },
    context: CallContext,
  ): Promise<ReadonlyMap<ProfileId, Decision>>
  /** Permits of those that may; whoever is absent may not. */
  permits(
    request: { readonly profiles: readonly ProfileId[]; readonly purpose: Purpose; readonly action: Action },
    context: CallContext,
  ): Promise<ReadonlyMap<ProfileId, Permit>>
  /** Whether this gate made the permit, for this workspace, purpose and action, and not too long ago. */
  accepts(
    permit: Permit,
    use: { readonly workspace: string; readonly purpose: Purpose; readonly action: Action; readonly now: Date },
  ): boolean
}
