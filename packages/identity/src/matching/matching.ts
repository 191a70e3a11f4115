import type { Analytics } from '@tenon/analytics'
import type { InstanceId } from '@tenon/kernel'
import {
  type Clock,
  durationMs,
  type IdentityPolicy,
  type Json,
  type Logger,
  type LongCallContext,
  type Matcher,
  type MatchLimits,
  type Meter,
  noMeter,
  purposes,
} from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Match, MatchState, Store } from '@tenon/store'
import { type Joined, join } from '../joining/join.ts'
import { countDecision, countProposals, measureRun } from '../metrics.ts'
import { limitsOf, readLimits, writeLimits } from './limits.ts'
import { evidenceOf, mergeMatches, ruleOf } from './merge-matches.ts'
import { matchRecords } from './records.ts'

const memoryBytes = 1024 ** 3
/** The surest of what a run finds: more than anybody reviews before the next. */
const PROPOSALS = 20_000

const wantedKey = (matcher: InstanceId): string => `matching.wanted.${matcher}`

export interface MatchingOptions {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: Pick<PrivacyGate, 'decide' | 'population' | 'beforeMerge'>
  readonly policy: IdentityPolicy
  readonly matchers: ReadonlyMap<InstanceId, Matcher>
  readonly clock: Clock
  readonly logger: Logger
  readonly meter?: Meter
}

/** One matcher of the edition, in one workspace. */
export interface MatcherStanding {
  readonly matcher: InstanceId
  readonly fields: Matcher['fields']
  readonly limits: MatchLimits
  readonly counts: Readonly<Partial<Record<MatchState, number>>>
  readonly model?: { readonly trainedAt: Date; readonly parameters: { readonly [key: string]: Json } }
}

export interface MatchingReport {
  readonly matcher: InstanceId
  /** `fresh`: its model is young and nothing was done. `elsewhere`: another process does it just now. */
  readonly outcome: 'done' | 'fresh' | 'elsewhere' | 'failed'
  /** Proposals that are open because of this run. */
  readonly proposed?: number
  readonly merged?: number
  readonly error?: unknown
}

export interface MatchDecision {
  readonly match: number
  readonly decision: 'accept' | 'reject'
  readonly by: string
  readonly note?: string
}

export type MatchDecided =
  | { readonly ok: true; readonly state: 'accepted' | 'rejected' }
  | { readonly ok: false; readonly reason: 'UNKNOWN_MATCH' | 'DECIDED' }
  | Exclude<Joined, { ok: true }>

/** With the matcher whose proposal it was, where there is one. */
interface Decided {
  readonly decided: MatchDecided
  readonly matcher: InstanceId | undefined
}

/** People who are probably one, where no identifier says so: found by matchers, decided by people or by the owner's limits. */
export interface Matching {
  list(workspace: string): Promise<readonly MatcherStanding[]>
  /** How many pairs wait for a decision, by matcher. */
  waiting(workspace: string): Promise<ReadonlyMap<InstanceId, number>>
  /** False where these are no limits, undefined where there is no such matcher. */
  setLimits(request: {
    readonly workspace: string
    readonly matcher: InstanceId
    readonly limits: { readonly review: number; readonly merge?: number }
  }): Promise<boolean | undefined>
  /** Has the next `run` take this matcher whatever the age of its model. Whether there is such a matcher. */
  request(request: { readonly workspace: string; readonly matcher: InstanceId }): Promise<boolean>
  /** Trains, proposes and merges what limits allow: for matchers whose model is too old, or for all. To be called every now and then. */
  run(request: {
    readonly workspace: string
    readonly everything: boolean
    readonly signal: AbortSignal
  }): Promise<readonly MatchingReport[]>
  /** What is to be reviewed, or was decided: the heaviest first. `after` is the last of the page before. */
  queue(request: {
    readonly workspace: string
    readonly state: MatchState
    readonly limit: number
    readonly matcher?: InstanceId
    readonly after?: { readonly weight: number; readonly id: number }
  }): Promise<readonly Match[]>
  /** What a person says about a pair. It may be said otherwise later; what was joined is taken back by an unmerge. */
  decide(request: MatchDecision & { readonly workspace: string }): Promise<MatchDecided>
}

export function createMatching(options: MatchingOptions): Matching {
  const { store, analytics, gate, policy, matchers, clock, logger, meter = noMeter } = options
  const purpose = purposes.profile
  const contextOf = (workspace: string, signal: AbortSignal): LongCallContext => ({
    ...{ workspace, purpose, now: clock.now(), signal, memoryBytes },
    progress: () => undefined,
  })

  async function runOne(workspace: string, instance: InstanceId, matcher: Matcher, held: AbortSignal) {
    const own = store.in(workspace)
    const context = contextOf(workspace, held)
    const wanted = await own.kv.get(wantedKey(instance))
    const population = await gate.population({ workspace, purpose, action: 'compute' })
    const records = matchRecords({ profiles: own.profiles, analytics: analytics.in(workspace) }, matcher.fields, population)
    const { model, parameters } = await matcher.train({ records, seed: 1 }, context)
    const pairs = await matcher.load({ model }, context)
    const limits = await readLimits(own, instance)
    let proposed = 0
    for await (const page of pairs.propose({ records, limits, limit: PROPOSALS }, context)) {
      const open = await own.matches.propose({ matcher: instance, at: context.now, matches: page })
      countProposals(meter, instance, open)
      proposed += open
    }
    await own.matches.sweep({ matcher: instance, before: context.now })
    const merged = await mergeMatches({ store, analytics, gate, policy, meter }, { instance, matcher, pairs, context })
    // Last: a run that broke off before is not done, and is done again.
    const version = context.now.toISOString()
    await own.models.put({ kind: 'matcher', key: instance, version, model, quality: parameters, trainedAt: context.now })
    if (wanted !== undefined && (await own.kv.get(wantedKey(instance))) === wanted) await own.kv.delete(wantedKey(instance))
    return { proposed, merged }
  }

  async function measured<T>(instance: InstanceId, run: () => Promise<T>): Promise<T> {
    const begun = performance.now()
    try {
      const result = await run()
      measureRun(meter, { instance, outcome: 'done', begun })
      return result
    } catch (error) {
      measureRun(meter, { instance, outcome: 'failed', begun })
      throw error
    }
  }

  async function isDue(workspace: string, instance: InstanceId, { training }: Matcher): Promise<boolean> {
    const { kv, models } = store.in(workspace)
    if ((await kv.get(wantedKey(instance))) !== undefined) return true
    const latest = await models.latest('matcher', instance)
    return latest === undefined || clock.now().getTime() - latest.trainedAt.getTime() >= (durationMs(training.every) ?? 0)
  }

  return Object.freeze<Matching>({
    async list(workspace) {
      const own = store.in(workspace)
      const standings: MatcherStanding[] = []
      for (const [instance, { fields }] of matchers) {
        const model = await own.models.latest('matcher', instance)
        standings.push({
          matcher: instance,
          fields,
          limits: await readLimits(own, instance),
          counts: await own.matches.counts(instance),
          ...(model === undefined ? {} : { model: { trainedAt: model.trainedAt, parameters: model.quality } }),
        })
      }
      return standings
    },
    async waiting(workspace) {
      const { matches } = store.in(workspace)
      const counted = new Map<InstanceId, number>()
      for (const instance of matchers.keys()) counted.set(instance, (await matches.counts(instance)).open ?? 0)
      return counted
    },
    async setLimits({ workspace, matcher, limits: { review, merge } }) {
      if (!matchers.has(matcher)) return undefined
      const limits = limitsOf(merge === undefined ? { review } : { review, merge })
      if (limits === undefined) return false
      await writeLimits(store.in(workspace), matcher, limits)
      return true
    },
    async request({ workspace, matcher }) {
      if (!matchers.has(matcher)) return false
      await store.in(workspace).kv.set(wantedKey(matcher), clock.now().toISOString())
      return true
    },
    async run({ workspace, everything, signal }) {
      const reports: MatchingReport[] = []
      for (const [instance, matcher] of matchers) {
        signal.throwIfAborted()
        try {
          if (!everything && !(await isDue(workspace, instance, matcher))) {
            reports.push({ matcher: instance, outcome: 'fresh' })
            continue
          }
          const lease = await store.jobs.lease({
            job: `match ${workspace} ${instance}`,
            ttlMs: 60_000,
            signal,
            run: (held) => measured(instance, () => runOne(workspace, instance, matcher, held)),
          })
          reports.push({ matcher: instance, ...(lease.ran ? { outcome: 'done', ...lease.result } : { outcome: 'elsewhere' }) })
        } catch (error) {
          if (signal.aborted) throw error
          logger.error('a matcher could not be run', { workspace, matcher: instance, error })
          reports.push({ matcher: instance, outcome: 'failed', error })
        }
      }
      return reports
    },
    queue: ({ workspace, ...request }) => store.in(workspace).matches.list(request),
    async decide({ workspace, match: id, decision, by, note }) {
      const { decided, matcher } = await store.in(workspace).transaction(async (tx): Promise<Decided> => {
        await tx.profiles.lock()
        const match = await tx.matches.get(id)
        if (match === undefined) return { decided: { ok: false, reason: 'UNKNOWN_MATCH' }, matcher: undefined }
        const { matcher } = match
        const at = clock.now()
        const said = { id, at, by, ...(note === undefined ? {} : { note }) }
        if (match.state !== 'open' && match.state !== 'rejected') return { decided: { ok: false, reason: 'DECIDED' }, matcher }
        if (decision === 'reject') {
          await tx.matches.decide({ ...said, state: 'rejected' })
          return { decided: { ok: true, state: 'rejected' }, matcher }
        }
        const joined = await join(
          tx,
          {
            profiles: [match.left, match.right],
            rule: ruleOf(matcher),
            source: matcher,
            evidence: evidenceOf(match, match, said),
            said: 'alias',
          },
          { policy, gate, context: contextOf(workspace, new AbortController().signal) },
        )
        if (joined.ok) await tx.matches.decide({ ...said, state: 'accepted', merge: joined.merge })
        else if (joined.reason === 'ONE_ALREADY') await tx.matches.decide({ ...said, state: 'obsolete' })
        return { decided: joined.ok ? { ok: true, state: 'accepted' } : joined, matcher }
      })
      if (decided.ok && matcher !== undefined) countDecision(meter, matcher, decided.state)
      return decided
    },
  })
}
