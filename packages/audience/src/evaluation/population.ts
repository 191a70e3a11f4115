import type { ProfileId } from '@tenon/kernel/contracts'
import type { Population, PrivacyGate } from '@tenon/privacy'

/** Who may have tags and be in segments: of everybody, or of the asked profiles, so that the cost is theirs alone. */
export async function populationOf(
  gate: Pick<PrivacyGate, 'decide' | 'population'>,
  request: {
    readonly workspace: string
    readonly profiles: readonly ProfileId[] | undefined
    readonly now: Date
    readonly signal: AbortSignal
  },
): Promise<Population> {
  const { workspace, profiles, now, signal } = request
  if (profiles === undefined) return gate.population({ workspace, purpose: 'profile', action: 'compute' })
  const context = { workspace, purpose: 'profile', now, signal }
  const decisions = await gate.decide({ profiles, purpose: 'profile', action: 'compute' }, context)
  return { default: false, exceptions: profiles.filter((profile) => decisions.get(profile)?.granted === true) }
}
