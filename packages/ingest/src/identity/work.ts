import { errorCode } from '@tenon/kernel'
import type { CallContext, Dropped, Identifier, IdentityPlan, IdentityPolicy, Owner, ProfileId } from '@tenon/kernel/contracts'
import type { Attachment, Merge, NewReceipt } from '@tenon/store'
import type { LoggedEvent } from '../accept/logged-event.ts'
import type { IngestGate } from '../gate.ts'
import type { People } from './people.ts'

/** Whose an event is: somebody's, nobody's (0), or why nobody can say. */
export type Found = OfPerson | Blame

export interface OfPerson {
  readonly profile: ProfileId
  /** Who else it speaks of, where it goes no further and joins nobody. */
  readonly also?: readonly ProfileId[]
  /** It goes no further, its person is not made, and it agrees itself: no law of people who have said nothing is asked. */
  readonly agrees?: true
}

/** Why an event can not be resolved, by itself. */
export interface Blame {
  readonly code: string
  readonly reason: string
}

/** 0 stands for nobody. */
export const NOBODY: ProfileId = 0

/** An event with this key added nothing to its owner, and will not as long as the owner is the same. */
interface Settled {
  readonly owner: Owner
  readonly held: number
}

/** What a batch has come to so far, in memory. */
export interface Work {
  readonly people: People
  readonly settled: Map<string, Settled>
  readonly attachments: (Attachment & { readonly profile: ProfileId })[]
  readonly merges: Merge[]
  readonly signals: NewReceipt[]
  /** Of people whom others had joined by then, in this batch: once that is taken back, they may be the words of either. */
  readonly signalsOfMany: NewReceipt[]
  readonly dropped: Dropped[]
}

/** Who is asked about events. */
export interface Advice {
  readonly policy: IdentityPolicy
  readonly gate: IngestGate
  readonly context: CallContext
}

/** What the policy says of an event with these identifiers, and of whom. */
export function planOf(
  event: LoggedEvent,
  identifiers: readonly Identifier[],
  { people }: Work,
  { policy, context }: Advice,
): { readonly plan: IdentityPlan; readonly owners: readonly Owner[] } {
  const owners = people.owners(identifiers)
  return {
    owners,
    plan: policy.plan({ identifiers, owners, cause: { type: event.type, source: event.source, at: instantOf(event) } }, context),
  }
}

/** An event can not have happened after it was received: nothing is first seen in the future. */
const instantOf = ({ timestamp, receivedAt }: LoggedEvent): Date => new Date(Math.min(timestamp.getTime(), receivedAt.getTime()))

/** Notes what an event says of the consent of its person. */
export function say({ people, signals, signalsOfMany }: Work, profile: ProfileId, said: readonly Omit<NewReceipt, 'profile'>[]): void {
  const into = people.hasJoined(profile) ? signalsOfMany : signals
  for (const receipt of said) into.push({ ...receipt, profile })
}

export const isNo = ({ state }: Pick<NewReceipt, 'state'>): boolean => state !== 'granted'

/** The policy rests: that says nothing about an event, the whole batch waits. */
export function isResting(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'TENON_PLUGIN_CIRCUIT_OPEN' || code === 'TENON_PLUGIN_NOT_RUNNING'
}

/** Does in memory what the plan says, and notes what must be written. */
export function follow(plan: IdentityPlan, event: LoggedEvent, { people, attachments, merges }: Work): ProfileId {
  if (plan.kind === 'anonymous') return NOBODY
  const at = instantOf(event)
  const profile = plan.kind === 'create' ? people.create(at) : plan.kind === 'attach' ? plan.to : plan.into
  if (plan.kind === 'merge') {
    people.merge(profile, plan.from)
    const { source, messageId, name, type } = event
    const evidence = { type, name, identifiers: event.identifiers.map(({ type: kind, value }) => ({ type: kind, value })) }
    merges.push({ into: profile, from: plan.from, rule: plan.rule, source, messageId, at, evidence })
  }
  people.attach(profile, plan.attach, at)
  for (const { type, value } of plan.attach) attachments.push({ type, value, profile, since: at })
  return profile
}
