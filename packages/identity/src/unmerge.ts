import type { Sighting } from '@tenon/analytics'
import type { Identifier, IdentifierType, ProfileId, Purpose } from '@tenon/kernel/contracts'
import { isSilence, type PrivacyGate } from '@tenon/privacy'
import type { BlockedPair, KeptReceipt, Separation, UnmergeEntry, WorkspaceStore } from '@tenon/store'
import { blockedPairs } from './blocked-pairs.ts'
import { keyOf } from './canonical.ts'
import { type Irrevocable, irrevocable } from './explain.ts'
import { lateEvents, lateIdentifiers } from './late-arrivals.ts'

/** What an unmerge does, or would do. */
export interface UnmergeReport {
  readonly merge: number
  readonly identifiers: {
    /** Of the person that is again. `late`: it came while the two were one, with identifiers of this side alone. */
    readonly restored: readonly (Identifier & { readonly late: boolean })[]
    readonly remaining: readonly Identifier[]
  }
  readonly events: {
    /** That came with a profile of the restored side: theirs again by themselves. */
    readonly returned: number
    /** That were resolved while the two were one, and named identifiers of the restored side and none of the remaining. */
    readonly reassigned: number
    readonly remaining: number
  }
  /** Coupons and messages keep the profile they came with; those given while the two were one stay with the survivor. */
  readonly coupons: number
  readonly messages: number
  readonly consents: {
    readonly returned: number
    /**
     * What is said again, so that the stricter of what was said before and meanwhile binds each of the two; `silent` where a yes of others, or
     * of the time between, is taken back from who never said any.
     */
    readonly repeated: readonly {
      readonly side: 'restored' | 'remaining'
      readonly purpose: Purpose
      readonly state: string
    }[]
  }
  /** Definitions that are evaluated anew for both. */
  readonly evaluated: { readonly tags: readonly string[]; readonly segments: readonly string[] }
  /** Pairs of identifiers that do not join the two again. */
  readonly blocked: readonly BlockedPair[]
}

export type UnmergeOutcome =
  | { readonly ok: true; readonly report: UnmergeReport; readonly entry: UnmergeEntry }
  | { readonly ok: false; readonly reason: Irrevocable | 'UNKNOWN_MERGE' }

export interface UnmergeRequest {
  /** Any profile of the person that the merge made. */
  readonly profile: ProfileId
  readonly merge: number
}

/** The whole of an unmerge in Postgres, within a transaction. A preview is the same, rolled back. */
export async function unmerge(
  tx: WorkspaceStore,
  request: UnmergeRequest & {
    readonly types: readonly IdentifierType[]
    /** Of the person, with canonical identifiers. */
    readonly sightings: readonly Sighting[]
    readonly gate: Pick<PrivacyGate, 'afterUnmerge'>
    readonly windowMs: number
    readonly now: Date
  },
): Promise<UnmergeOutcome> {
  const { types, sightings, gate, now } = request
  await tx.profiles.lock()
  const separation = await tx.unmerges.separation(request.merge)
  if (separation === undefined || !(await isOf(tx, separation, request.profile))) return { ok: false, reason: 'UNKNOWN_MERGE' }
  const reason = irrevocable(separation.merge, request)
  if (reason !== undefined) return { ok: false, reason }

  const lateKeys = new Set(lateIdentifiers(separation, sightings).map(keyOf))
  const identifiers = {
    restored: [
      ...separation.identifiers.restored.map((held) => ({ ...plain(held), late: false })),
      ...separation.identifiers.remaining.filter((held) => lateKeys.has(keyOf(held))).map((held) => ({ ...plain(held), late: true })),
    ],
    remaining: separation.identifiers.remaining.filter((held) => !lateKeys.has(keyOf(held))).map(plain),
  }
  const blocked = blockedPairs({ types, evidence: separation.merge.evidence, ...identifiers })
  const returning = [separation.restored, ...separation.members]
  const [holdings, own, others, tags, segments] = [
    await tx.unmerges.holdingsOf(returning),
    await tx.unmerges.receiptsOf(returning),
    await tx.unmerges.receiptsOf(separation.others),
    await tx.definitions.tags.list(),
    await tx.definitions.segments.list(),
  ]
  const late = lateEvents({ sightings, returning: new Set(returning), ...identifiers })
  const entry = await tx.unmerges.separate({ separation, also: identifiers.restored.filter((one) => one.late), blocked })
  const repeated = await gate.afterUnmerge(tx, {
    restored: { profile: separation.restored, receipts: own.map(({ receipt }) => receipt), isMany: returning.length > 1 },
    remaining: { profile: separation.remaining, receipts: others.map(({ receipt }) => receipt), parts: partsOf(separation, others) },
    shared: sharedOf(separation, others),
    at: now,
  })
  return {
    ok: true,
    entry,
    report: Object.freeze({
      merge: request.merge,
      identifiers,
      events: eventsOf(sightings, new Set(returning), late),
      coupons: holdings.grants,
      messages: holdings.messages,
      consents: {
        returned: holdings.receipts,
        repeated: repeated.map((receipt) => ({
          side: receipt.profile === separation.restored ? 'restored' : 'remaining',
          purpose: receipt.purpose,
          state: isSilence(receipt) ? 'silent' : receipt.state,
        })),
      },
      evaluated: { tags: tags.map(({ key }) => key), segments: segments.map(({ key }) => key) },
      blocked,
    } satisfies UnmergeReport),
  }
}

/** A merge that was taken back is of both persons; one that stands is of the person that it made. */
async function isOf(tx: WorkspaceStore, { merge, remaining }: Separation, profile: ProfileId): Promise<boolean> {
  const persons = await tx.profiles.resolve([profile, remaining, merge.loser])
  const person = persons.get(profile)
  return person !== undefined && (person === persons.get(remaining) || person === persons.get(merge.loser))
}

/** What came with the survivor of the moment, while the restored side was a part of it. */
const sharedOf = ({ path }: Separation, receipts: readonly KeptReceipt[]): ReadonlySet<string> =>
  new Set(
    receipts.flatMap(({ profile, recordedAt, receipt }) =>
      path.some((person) => person.profile === profile && recordedAt >= person.since) ? [receipt.id] : [],
    ),
  )

function underOf(path: Separation['path'], profile: ProfileId) {
  const person = path.find((one) => one.profile === profile)
  return person === undefined ? {} : { under: person.under }
}

/** Each profile that stays with what came with it. */
function partsOf({ path, others }: Separation, receipts: readonly KeptReceipt[]) {
  const theirs = Map.groupBy(receipts, ({ profile }) => profile)
  return others.map((profile) => ({
    profile,
    receipts: (theirs.get(profile) ?? []).map(({ receipt }) => receipt),
    ...underOf(path, profile),
  }))
}

function eventsOf(sightings: readonly Sighting[], returning: ReadonlySet<ProfileId>, late: readonly Sighting[]): UnmergeReport['events'] {
  const count = (some: readonly Sighting[]): number => some.reduce((sum, { events }) => sum + events, 0)
  const [returned, reassigned] = [count(sightings.filter(({ profile }) => returning.has(profile))), count(late)]
  return { returned, reassigned, remaining: count(sightings) - returned - reassigned }
}

const plain = ({ type, value }: Identifier): Identifier => ({ type, value })
