import type { ProfileId, Purpose } from '@tenon/kernel/contracts'
import { actionOf, type Population, type PrivacyGate } from '@tenon/privacy'

type Asker = Pick<PrivacyGate, 'decide' | 'population'>

interface Asked {
  readonly workspace: string
  readonly profiles: readonly ProfileId[]
  readonly now: Date
  readonly signal: AbortSignal
}

/** Of some people, who may have tags and be in segments. The cost is theirs alone. */
export const processable = (gate: Asker, request: Asked): Promise<readonly ProfileId[]> =>
  agreed(gate, { ...request, purpose: 'profile', action: 'compute' })

/** For each purpose that rules ask about, who of some people has agreed. */
export async function consentsOf(
  gate: Asker,
  request: Asked & { readonly purposes: readonly Purpose[] },
): Promise<ReadonlyMap<Purpose, Population>> {
  const answers = new Map<Purpose, Population>()
  for (const purpose of new Set(request.purposes)) {
    answers.set(purpose, { default: false, exceptions: await agreed(gate, { ...request, purpose, action: actionOf(purpose) }) })
  }
  return answers
}

/** The same about everybody. */
export async function populationsOf(
  gate: Asker,
  request: { readonly workspace: string; readonly purposes: readonly Purpose[] },
): Promise<ReadonlyMap<Purpose, Population>> {
  const { workspace, purposes } = request
  const answers = new Map<Purpose, Population>()
  for (const purpose of new Set(purposes)) {
    answers.set(purpose, await gate.population({ workspace, purpose, action: actionOf(purpose) }))
  }
  return answers
}

async function agreed(
  gate: Asker,
  {
    workspace,
    profiles,
    now,
    signal,
    purpose,
    action,
  }: Asked & { readonly purpose: Purpose; readonly action: 'compute' | ReturnType<typeof actionOf> },
): Promise<readonly ProfileId[]> {
  if (profiles.length === 0) return []
  const decisions = await gate.decide({ profiles, purpose, action }, { workspace, purpose, now, signal })
  return profiles.filter((profile) => decisions.get(profile)?.granted === true)
}
