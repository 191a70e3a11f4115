import { errorCode } from '@tenon/kernel'
import type { CallContext, Identifier, IdentityPolicy, ProfileId } from '@tenon/kernel/contracts'
import type { Merge, NewReceipt, WorkspaceStore } from '@tenon/store'
import type { LoggedEvent } from '../accept/logged-event.ts'
import { type IngestGate, type SignalsRecorded, signalsIn } from '../gate.ts'
import { breathing } from '../worker/breathe.ts'
import { findStopped } from './find-stopped.ts'
import type { IdentityCache, IdentityChange } from './identity-cache.ts'
import { createKeepApart, type KeptApart } from './keep-apart.ts'
import type { ResolutionTally } from './measure-resolution.ts'
import { createNormaliser, keyOfList } from './normalise.ts'
import { createPeople, keyOf, type People } from './people.ts'
import { type Advice, type Blame, type Found, follow, isResting, NOBODY, type OfPerson, planOf, say, type Work } from './work.ts'

/** An event and its place in the stream. */
export interface Subject {
  readonly place: string
  readonly event: LoggedEvent
  /** It goes no further; what is to be kept of it. */
  readonly stopped?: 'payload' | 'name'
  /** Its identifiers may not be those by which people are known. */
  readonly halfway?: true
}

/** What a policy goes by, but for the instant: whoever holds all identifiers of an event is no other later. */
const settledKey = ({ type, source, identifiers }: LoggedEvent): string => `${type} ${source.length}:${source}${keyOfList(identifiers)}`

export interface Resolution {
  readonly found: readonly Found[]
  /** What to remember of people, once the transaction is committed. */
  readonly change: IdentityChange
  /** To be measured once the batch is closed. */
  readonly tally: ResolutionTally
}

/**
 * Finds out whose the events of one workspace are, one after the other in memory, with one look-up before and bulk writes
 * after: the number of statements does not grow with the batch. To be run in the transaction of the batch, under the lock of identities.
 */
export async function resolveBatch(request: {
  readonly transaction: WorkspaceStore
  readonly subjects: readonly Subject[]
  readonly policy: IdentityPolicy
  readonly gate: IngestGate
  readonly cache: IdentityCache
  readonly context: CallContext
  /** Events that the policy failed on, by place; it is not asked about them again. */
  readonly blamed: Map<string, Blame>
}): Promise<Resolution> {
  const { transaction, subjects, policy, gate, cache, context, blamed } = request
  const { workspace } = transaction
  const before = await transaction.profiles.version()
  const remembered = cache.settled(workspace, before)
  const normalise = createNormaliser(policy.types)
  const keys: string[] = []
  const settled: (ProfileId | undefined)[] = []
  const unsettled = new Map<string, Identifier>()
  await breathing(subjects, ({ event }) => {
    const key = settledKey(event)
    const owner = remembered(key)
    keys.push(key)
    settled.push(owner)
    // Of those that are settled nothing need be read: as soon as their owner changes, others have asked for all that the owner holds.
    if (owner === undefined) for (const identifier of normalise(event.identifiers)) unsettled.set(keyOf(identifier), identifier)
  })
  const asked = [...unsettled.values()]
  const keepApart = createKeepApart(asked.length === 0 ? [] : await transaction.unmerges.blockedAmong(asked), policy.types)
  const { owners, unknown } = cache.look(workspace, before, asked)
  const loaded = unknown.length === 0 ? [] : await transaction.profiles.owners(unknown)
  const work: Work = {
    people: createPeople([...owners, ...loaded]),
    settled: new Map(),
    attachments: [],
    merges: [],
    signals: [],
    signalsOfMany: [],
    dropped: [],
  }
  const heldBack: Parameters<WorkspaceStore['unmerges']['heldBack']>[0][number][] = []
  const advice: Advice = { policy, gate, context }
  const find = ({ place, event, stopped, halfway }: Subject, index: number): Found => {
    const known = blamed.get(place)
    if (known !== undefined) return known
    const [key = '', owner] = [keys[index], settled[index]]
    if (owner !== undefined && work.people.isUntouched(owner)) return ofPerson(owner, event, work, gate)
    const kept = keepApart(normalise(event.identifiers), work.people)
    if (stopped !== undefined) return findStopped({ event, keep: stopped, isHalfway: halfway === true }, kept.used, work, advice)
    for (const pair of kept.pairs) heldBack.push({ pair, source: event.source, messageId: event.messageId, at: event.receivedAt })
    const one = findOne(event, key, kept, work, advice)
    if (!('profile' in one)) blamed.set(place, one)
    return one
  }
  const found: Found[] = []
  await breathing(subjects, (subject, index) => void found.push(find(subject, index)))
  const real = await write(transaction, work, gate, context.now)
  if (heldBack.length > 0) await transaction.unmerges.heldBack(heldBack)
  return {
    found: found.map((one) => ('profile' in one ? today(one, (profile) => real(work.people.personOf(profile))) : one)),
    change: {
      workspace,
      before,
      after: await transaction.profiles.version(),
      owners: [...loaded, ...[...work.people.changed()].map((owner) => ({ ...owner, profile: real(owner.profile) }))],
      gone: [...work.people.gone()].map(real),
      settled: [...work.settled].flatMap(([key, { owner, held }]) =>
        work.people.isUnchanged(owner, held) ? [[key, real(owner.profile)] as const] : [],
      ),
    },
    tally: {
      found,
      created: work.people.created.length,
      merged: work.merges.length,
      dropped: work.dropped,
      hits: settled.reduce((sum: number, owner) => (owner === undefined ? sum : sum + 1), asked.length - unknown.length),
      misses: unknown.length,
    },
  }
}

function findOne(event: LoggedEvent, key: string, { used: identifiers, dropped }: KeptApart, work: Work, advice: Advice): Found {
  const { gate } = advice
  const settled = work.settled.get(key)
  if (settled !== undefined && work.people.isUnchanged(settled.owner, settled.held)) {
    return ofPerson(settled.owner.profile, event, work, gate)
  }
  let profile: ProfileId
  try {
    const { plan, owners } = planOf(event, identifiers, work, advice)
    profile = follow(plan, event, work)
    if (plan.dropped.length + dropped.length > 0) work.dropped.push(...plan.dropped, ...dropped)
    const [owner] = owners
    const addsNothing = plan.kind === 'attach' && plan.attach.length === 0 && plan.dropped.length === 0 && dropped.length === 0
    if (addsNothing && owners.length === 1 && owner !== undefined) work.settled.set(key, { owner, held: owner.identifiers.length })
  } catch (error) {
    if (isResting(error)) throw error
    const code = errorCode(error)
    // Everything else it said once it will say again, and a handful of such events must not make it rest.
    return {
      code: 'IDENTITY_FAILED',
      reason: `the identity policy failed on this event (${code ?? (error instanceof Error ? error.name : 'thrown')})`,
    }
  }
  return ofPerson(profile, event, work, gate)
}

const today = ({ profile, also, ...more }: OfPerson, now: (profile: ProfileId) => ProfileId): OfPerson =>
  also === undefined ? { ...more, profile: now(profile) } : { ...more, profile: now(profile), also: also.map(now) }

function ofPerson(profile: ProfileId, event: LoggedEvent, work: Work, gate: IngestGate): Found {
  if (profile !== NOBODY) say(work, profile, signalsIn(event, gate))
  return { profile }
}

/** Writes everything in bulk; returns how provisional numbers became real ones. */
async function write(
  transaction: WorkspaceStore,
  { people, attachments, merges, signals, signalsOfMany }: Work,
  gate: IngestGate,
  now: Date,
): Promise<(profile: ProfileId) => ProfileId> {
  const ids = await createProfiles(transaction, people)
  const real = (profile: ProfileId): ProfileId => ids.get(profile) ?? profile
  const { profiles } = transaction
  // Attached before merged: a merge moves all that its loser holds, so the order within the batch does not matter.
  if (attachments.length > 0) await profiles.attach(attachments.map((row) => ({ ...row, profile: real(row.profile) })))
  const record = async (some: readonly NewReceipt[], when: SignalsRecorded): Promise<void> => {
    const said = some.map((signal) => ({ ...signal, profile: real(signal.profile) }))
    if (said.length > 0) await gate.recordSignals(transaction, said, when)
  }
  await record(signals, { recordedAt: now, hasJoined: false })
  if (merges.length > 0) {
    const groups = groupsOf(merges, people, real)
    const joinedAt = await instantsOf(transaction, groups, new Date(now.getTime() + 1))
    // Before the merges, so that those say the stricter of it again; on record what was said before them is of one, and the rest of all.
    for (const [time, some] of Map.groupBy(signalsOfMany, ({ profile }) => joinedAt(real(profile)).getTime()))
      await record(some, { recordedAt: new Date(time), hasJoined: true })
    const told = await withHistories(transaction, groups)
    if (told.length > 0)
      await gate.beforeMerges(
        transaction,
        told.map(({ into, from }) => ({ into, from, at: now })),
      )
    await profiles.mergeAll(
      merges.map((merge) => {
        const into = real(merge.into)
        return { ...merge, into, from: merge.from.map(real), recordedAt: joinedAt(into) }
      }),
    )
  }
  return real
}

async function createProfiles({ profiles }: WorkspaceStore, { created }: People): Promise<ReadonlyMap<ProfileId, ProfileId>> {
  if (created.length === 0) return new Map()
  const times = created.map(({ firstSeen }) => firstSeen)
  const ids = await profiles.create(created.length, times)
  return new Map(created.map(({ profile }, index) => [profile, ids[index] ?? NOBODY]))
}

interface Group {
  readonly into: ProfileId
  readonly from: readonly ProfileId[]
}

/** Everybody who became one person, each group once: histories of consent must be compared as they were before all merges. */
function groupsOf(merges: readonly Merge[], people: People, real: (profile: ProfileId) => ProfileId): readonly Group[] {
  const joined = new Set(merges.flatMap(({ into, from }) => [into, ...from]))
  const groups = Map.groupBy(joined, (profile) => people.personOf(profile))
  return [...groups].map(([into, members]) => ({ into: real(into), from: members.filter((profile) => profile !== into).map(real) }))
}

/** When each group becomes one, by any of its profiles: all that is said since is of all of them. */
async function instantsOf({ profiles }: WorkspaceStore, groups: readonly Group[], earliest: Date): Promise<(profile: ProfileId) => Date> {
  const members = groups.map(({ into, from }) => [into, ...from])
  const instants = await profiles.behind(members, earliest)
  const byProfile = new Map(members.flatMap((group, index) => group.map((profile) => [profile, instants[index] ?? earliest] as const)))
  return (profile) => byProfile.get(profile) ?? earliest
}

/** Groups in which two or more ever said anything: of the others nothing can be lost, and they are nearly all. */
async function withHistories({ consents }: WorkspaceStore, groups: readonly Group[]): Promise<readonly Group[]> {
  const histories = await consents.of(groups.flatMap(({ into, from }) => [into, ...from]))
  return groups.filter(({ into, from }) => [into, ...from].filter((profile) => (histories.get(profile)?.length ?? 0) > 0).length > 1)
}
