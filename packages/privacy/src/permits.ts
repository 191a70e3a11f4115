import type { Action, Permit, ProfileId, Purpose } from '@tenon/kernel/contracts'

/** Ten minutes: longer than a call, shorter than a change of mind may go unheard. */
export const PERMIT_MAX_AGE_MS = 600_000

export interface Permits {
  issue(permit: {
    readonly workspace: string
    readonly profile: ProfileId
    readonly purpose: Purpose
    readonly action: Action
    readonly basis: string
    readonly receipt?: string
    readonly decidedAt: Date
  }): Permit
  accepts(
    permit: Permit,
    use: { readonly workspace: string; readonly purpose: Purpose; readonly action: Action; readonly now: Date },
  ): boolean
}

/**
 * Permits are known by identity: a copy, however exact, is not one. The time of the decision is kept here too,
 * because the `Date` on the permit can be turned.
 */
export function createPermits(): Permits {
  const issued = new WeakMap<Permit, number>()
  return {
    issue({ decidedAt, ...fields }) {
      const permit: Permit = Object.freeze({ $$type: '@tenon/Permit', ...fields, decidedAt: new Date(decidedAt) })
      issued.set(permit, decidedAt.getTime())
      return permit
    },
    accepts(permit, use) {
      const decidedAt = issued.get(permit)
      if (decidedAt === undefined) return false
      // Callers may have read their clock a moment before the gate did.
      if (!(Math.abs(use.now.getTime() - decidedAt) <= PERMIT_MAX_AGE_MS)) return false
      return permit.workspace === use.workspace && permit.purpose === use.purpose && permit.action === use.action
    },
  }
}
