import { randomUUID } from 'node:crypto'
import type { CallContext, IdentityPolicy, ProfileId, Properties } from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { WorkspaceStore } from '@tenon/store'

/** Why two profiles were not made one person. */
export type NotJoined =
  | { readonly ok: false; readonly reason: 'UNKNOWN' | 'ONE_ALREADY' }
  /** The identity policy keeps them apart, by these rules of its own. */
  | { readonly ok: false; readonly reason: 'KEPT_APART'; readonly rules: readonly string[] }

export type Joined = { readonly ok: true; readonly person: ProfileId; readonly merge: number } | NotJoined

export interface Joining {
  readonly profiles: readonly [ProfileId, ProfileId]
  /** For the ledger. */
  readonly rule: string
  readonly source: string
  readonly evidence: Properties
  /** `alias`: somebody says that the two are one, as an alias does. `track`: nobody does; every limit of the policy holds. */
  readonly said: 'alias' | 'track'
}

/**
 * Makes one person of two without an event, in the transaction of the caller, as ingest does it for an event that names all
 * identifiers of both: the policy is asked, the stricter consent binds, the ledger says why. What follows is done by `settle`.
 */
export async function join(
  tx: WorkspaceStore,
  { profiles: [left, right], rule, source, evidence, said }: Joining,
  means: { readonly policy: IdentityPolicy; readonly gate: Pick<PrivacyGate, 'beforeMerge'>; readonly context: CallContext },
): Promise<Joined> {
  const { policy, gate, context } = means
  await tx.profiles.lock()
  const persons = await tx.profiles.resolve([left, right])
  const [one, other] = [persons.get(left), persons.get(right)]
  if (one === undefined || other === undefined) return { ok: false, reason: 'UNKNOWN' }
  if (one === other) return { ok: false, reason: 'ONE_ALREADY' }

  const held = await tx.profiles.identifiersOf([one, other])
  const identifiers = [...held.values()].flat().map(({ type, value }) => ({ type, value }))
  const owners = await tx.profiles.owners(identifiers)
  const plan = policy.plan({ identifiers, owners, cause: { type: said, source, at: context.now } }, context)
  if (plan.kind !== 'merge' || !plan.from.every((from) => from === one || from === other)) {
    return { ok: false, reason: 'KEPT_APART', rules: [...new Set(plan.dropped.map((dropped) => dropped.rule))] }
  }
  const { into, from } = plan
  // Before the gate says anything again, so that what it says is of both, as where a batch joins them.
  const [recordedAt] = await tx.profiles.behind([[into, ...from]])
  await gate.beforeMerge(tx, { into, from, at: context.now })
  const messageId = randomUUID()
  const entries = await tx.profiles.merge({
    into,
    from,
    rule,
    source,
    messageId,
    at: context.now,
    evidence,
    settled: false,
    ...(recordedAt && { recordedAt }),
  })
  const [entry] = entries
  return entry === undefined ? { ok: false, reason: 'ONE_ALREADY' } : { ok: true, person: into, merge: entry.id }
}
