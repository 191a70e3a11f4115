import type { Analytics } from '@tenon/analytics'
import {
  type Clock,
  type Identifier,
  type IdentityPolicy,
  type Logger,
  type Meter,
  noMeter,
  type ProfileId,
  purposes,
} from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { BlockRecord, Store } from '@tenon/store'
import { canonical, canonicalSightings } from './canonical.ts'
import { type Explanation, explain } from './explain.ts'
import { type Joined, join } from './joining/join.ts'
import { countMerge, countUnmerge } from './metrics.ts'
import { settle } from './settle.ts'
import { type SquashReport, squash } from './squash.ts'
import { type UnmergeOutcome, type UnmergeReport, type UnmergeRequest, unmerge } from './unmerge.ts'

const DAY_MS = 86_400_000
/** Rule and source of what operators join. */
const OPERATOR = 'operator'

export interface IdentityOptions {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: Pick<PrivacyGate, 'afterUnmerge' | 'beforeMerge'>
  readonly policy: IdentityPolicy
  readonly clock: Clock
  readonly logger: Logger
  readonly meter?: Meter
  /** How long a merge can be taken back; 30 days by default. */
  readonly undoWindowMs?: number
  /** Longer than any query over everybody runs: one hour by default. */
  readonly longestReadMs?: number
  /** Profiles whose events are others now, both sides of an unmerge. May be told again. Rejects: it is told again later. */
  readonly onChanged: (workspace: string, profiles: readonly ProfileId[]) => Promise<void>
}

export type Unmerged =
  | Exclude<UnmergeOutcome, { ok: true }>
  | {
      readonly ok: true
      readonly report: UnmergeReport
      /** False where late events are still on their way back: `settle` goes on with it. */
      readonly settled: boolean
    }

/** What an operator says about two people, for the ledger. */
export interface OperatorMerge {
  readonly workspace: string
  /** By one identifier each: an unmerge keeps exactly these two from joining them again. */
  readonly identifiers: readonly [Identifier, Identifier]
  readonly by: string
  readonly reason: string
}

/** How persons came about, and what was wrong about it taken back. */
export interface Identity {
  explain(request: { readonly workspace: string; readonly profile: ProfileId }): Promise<Explanation>
  /** What `unmerge` would do: the same transaction, rolled back. */
  preview(
    request: UnmergeRequest & { readonly workspace: string },
  ): Promise<Exclude<Unmerged, { ok: true }> | { ok: true; report: UnmergeReport }>
  /** Takes a merge back, in one transaction; then its consequences. */
  unmerge(request: UnmergeRequest & { readonly workspace: string }): Promise<Unmerged>
  /** Makes one person of two because an operator says so. Goes beyond limits as an alias does, and no further. */
  merge(request: OperatorMerge): Promise<Joined>
  /** Pairs of identifiers of this person that do not join people, because a merge was taken back. */
  blocks(request: { readonly workspace: string; readonly profile: ProfileId }): Promise<readonly BlockRecord[]>
  /** Lets such a pair join people again. Whether it was kept from it. */
  unblock(request: OperatorMerge): Promise<boolean>
  /** Goes on with consequences that a crash or a busy ingest left open. How many still are. To be called every now and then. */
  settle(request: { readonly workspace: string; readonly signal?: AbortSignal }): Promise<number>
  /** Makes merges physical that are older than this and than the undo window. To be called every now and then. */
  squash(request: { readonly workspace: string; readonly olderThanMs?: number; readonly signal?: AbortSignal }): Promise<SquashReport>
}

/** Carries a report out of a transaction that must not happen. */
class RolledBack extends Error {
  readonly outcome: UnmergeOutcome
  constructor(outcome: UnmergeOutcome) {
    super('rolled back')
    this.outcome = outcome
  }
}

export function createIdentity(options: IdentityOptions): Identity {
  const { store, analytics, gate, policy, clock, logger, meter = noMeter, onChanged } = options
  const { undoWindowMs: windowMs = 30 * DAY_MS, longestReadMs = 3_600_000 } = options
  const { types } = policy
  const sightingsOf = async (workspace: string, profile: ProfileId) =>
    canonicalSightings(types, await analytics.in(workspace).sightings({ profile }))
  const settleIn = (workspace: string, signal?: AbortSignal) => settle({ store, analytics, types, onChanged }, workspace, signal)

  async function prepared({ workspace, profile, merge }: UnmergeRequest & { readonly workspace: string }) {
    const sightings = await sightingsOf(workspace, profile)
    return { profile, merge, types, sightings, gate, windowMs, now: clock.now() }
  }

  /** Whether everything that follows is done. */
  async function attempt(workspace: string, entry: number): Promise<boolean> {
    try {
      return (await settleIn(workspace)) === 0
    } catch (error) {
      // It has happened; the rest is on record and is done by the next `settle`.
      logger.warn('what follows from a merge or unmerge is not done yet; will try again', { workspace, entry, error })
      return false
    }
  }

  return Object.freeze<Identity>({
    async explain({ workspace, profile }) {
      const { unmerges } = store.in(workspace)
      const [homes, history, sightings] = await Promise.all([
        unmerges.homes(profile),
        unmerges.history(profile),
        sightingsOf(workspace, profile),
      ])
      return explain({ homes, history, sightings, windowMs, now: clock.now() })
    },
    async preview(request) {
      const asked = await prepared(request)
      try {
        return await store.in(request.workspace).transaction(async (tx) => {
          throw new RolledBack(await unmerge(tx, asked))
        })
      } catch (error) {
        if (!(error instanceof RolledBack)) throw error
        return error.outcome.ok ? { ok: true, report: error.outcome.report } : error.outcome
      }
    },
    async unmerge(request) {
      const { workspace } = request
      const asked = await prepared(request)
      const outcome = await store.in(workspace).transaction((tx) => unmerge(tx, asked))
      countUnmerge(meter, outcome)
      if (!outcome.ok) return outcome
      const { report, entry } = outcome
      return { ok: true, report, settled: await attempt(workspace, entry.id) }
    },
    async merge({ workspace, identifiers: named, by, reason }) {
      const [left, right] = canonical(types, named)
      const own = store.in(workspace)
      const profiles = await Promise.all([left, right].map((one) => (one === undefined ? undefined : own.profiles.find(one))))
      const [one, other] = profiles
      if (one === undefined || other === undefined) return { ok: false, reason: 'UNKNOWN' }
      const context = { workspace, purpose: purposes.collect, now: clock.now(), signal: new AbortController().signal }
      const evidence = { by, reason, identifiers: named.map(({ type, value }) => ({ type, value })) }
      const joined = await own.transaction((tx) =>
        join(tx, { profiles: [one, other], rule: OPERATOR, source: OPERATOR, evidence, said: 'alias' }, { policy, gate, context }),
      )
      if (!joined.ok) return joined
      countMerge(meter, 'operator')
      await attempt(workspace, joined.merge)
      return joined
    },
    async blocks({ workspace, profile }) {
      const own = store.in(workspace)
      return own.unmerges.blocksOf(await own.profiles.identifiers(profile))
    },
    async unblock({ workspace, identifiers, by, reason }) {
      const [left, right] = canonical(types, identifiers)
      return left !== undefined && right !== undefined && store.in(workspace).unmerges.liftBlock({ pair: [left, right], by, reason })
    },
    settle: ({ workspace, signal }) => settleIn(workspace, signal),
    squash({ workspace, olderThanMs = windowMs, signal }) {
      const now = clock.now().getTime()
      return squash(
        { store, analytics, meter },
        {
          workspace,
          before: new Date(now - Math.max(olderThanMs, windowMs)),
          readersGone: new Date(now - longestReadMs),
          ...(signal === undefined ? {} : { signal }),
        },
      )
    },
  })
}
