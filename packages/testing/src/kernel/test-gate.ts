import type { CallContext, Decision, Gate, Permit, ProfileId, Purpose } from '@tenon/kernel/contracts'

/** A gate whose answers a test decides. It makes real permits: recognised by identity, for one workspace, purpose and action. */
export function testGate(mayBeUsed: (question: { readonly profile: ProfileId; readonly purpose: Purpose }) => boolean): Gate {
  const made = new WeakSet<Permit>()
  const decide: Gate['decide'] = async ({ profiles, purpose }) =>
    new Map(profiles.map((profile) => [profile, mayBeUsed({ profile, purpose }) ? GRANTED : REFUSED]))
  return {
    decide,
    async permits(request, context: CallContext) {
      const decisions = await decide(request, context)
      const granted = request.profiles.filter((profile) => decisions.get(profile)?.granted === true)
      return new Map(
        granted.map((profile) => {
          const permit: Permit = Object.freeze({
            $$type: '@tenon/Permit',
            workspace: context.workspace,
            profile,
            purpose: request.purpose,
            action: request.action,
            basis: 'consent',
            decidedAt: context.now,
          })
          made.add(permit)
          return [profile, permit]
        }),
      )
    },
    accepts: (permit, use) =>
      made.has(permit) && permit.workspace === use.workspace && permit.purpose === use.purpose && permit.action === use.action,
  }
}

/** Everybody may be used for everything. */
export const openGate = (): Gate => testGate(() => true)

/** Nobody may be used for anything. */
export const closedGate = (): Gate => testGate(() => false)

const GRANTED: Decision = Object.freeze({ granted: true, basis: 'consent' })
const REFUSED: Decision = Object.freeze({ granted: false, reason: Object.freeze({ code: 'consent.test', detail: Object.freeze({}) }) })
