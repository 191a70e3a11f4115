import type { CallContext, Decision, Gate, Permit, ProfileId, Purpose, Reason } from '@tenon/kernel/contracts'

/** Why a message is not sent for want of consent, with what the policy said. */
export const noConsent = (decision: Decision | undefined): Reason => ({
  code: 'NO_CONSENT',
  detail: decision === undefined || decision.granted ? {} : { because: decision.reason.code, ...decision.reason.detail },
})

/** A policy that fails says nothing about the person: such a message waits, it is not dropped. */
export const isPolicyFailure = (decision: Decision | undefined): boolean =>
  decision !== undefined && !decision.granted && decision.reason.code === 'POLICY_FAILED'

export interface Consented {
  readonly permits: ReadonlyMap<ProfileId, Permit>
  /** Of those without a permit. */
  readonly refusals: ReadonlyMap<ProfileId, Decision>
}

/** Asks the gate for permits to send, and why not for those who get none. */
export async function askToSend(
  gate: Gate,
  request: { readonly profiles: readonly ProfileId[]; readonly purpose: Purpose },
  context: CallContext,
): Promise<Consented> {
  const { profiles, purpose } = request
  const permits = await gate.permits({ profiles, purpose, action: 'send' }, context)
  const without = profiles.filter((profile) => !permits.has(profile))
  const refusals = without.length === 0 ? new Map() : await gate.decide({ profiles: without, purpose, action: 'send' }, context)
  return { permits, refusals }
}
