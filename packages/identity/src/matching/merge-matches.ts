import type { Analytics } from '@tenon/analytics'
import {
  type CallContext,
  type IdentityPolicy,
  type Matcher,
  type MatchOpinion,
  type MatchRecord,
  type Meter,
  matchVerdict,
  type PairMatcher,
  type ProfileId,
  type Properties,
} from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Match, Store, WorkspaceStore } from '@tenon/store'
import { join } from '../joining/join.ts'
import { countDecision } from '../metrics.ts'
import { tellOverrides } from '../settle.ts'
import { readLimits } from './limits.ts'
import { recordsOf } from './records.ts'

const AT_ONCE = 200
/** Who decides where the owner's limits do. */
export const BY_LIMITS = 'limits'

export interface MergeMeans {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: Pick<PrivacyGate, 'decide' | 'beforeMerge'>
  readonly policy: IdentityPolicy
  readonly meter: Meter
}

/**
 * Merges what the owner's limits allow, the surest first. Each pair is looked at as it is now: what the matcher thinks of the two
 * today, whether both still may be compared, what people said about them, and whether the identity policy would join them itself.
 * What is not clearly allowed stays in the queue. How many were merged.
 */
export async function mergeMatches(
  means: MergeMeans,
  request: { readonly instance: string; readonly matcher: Matcher; readonly pairs: PairMatcher; readonly context: CallContext },
): Promise<number> {
  const { store, analytics, meter } = means
  const { context } = request
  const own = store.in(context.workspace)
  const left = new Set<number>()
  let merged = 0
  for (;;) {
    context.signal.throwIfAborted()
    const { merge } = await readLimits(own, request.instance)
    if (merge === undefined) return merged
    const page = await mergeable(own, request.instance, merge, left)
    const sees = await lookAt(means, request, page)
    // Who was joined in this round is somebody else now: what the engine says of them is read again in the next.
    const touched = new Set<ProfileId>()
    for (const match of page) {
      if (touched.has(match.left) || touched.has(match.right)) continue
      const opinion = sees(match)
      const isDone = opinion !== undefined && (await mergeOne(means, request, match, opinion))
      if (!isDone) {
        left.add(match.id)
        continue
      }
      for (const profile of [match.left, match.right]) touched.add(profile)
      merged++
      countDecision(meter, request.instance, 'merged')
    }
    await tellOverrides({ store, analytics }, context.signal)
    if (page.length === 0) return merged
  }
}

/** The surest open pairs that may be merged by themselves and were not looked at yet. */
async function mergeable(
  { matches }: WorkspaceStore,
  matcher: string,
  merge: number,
  seen: ReadonlySet<number>,
): Promise<readonly Match[]> {
  const found: Match[] = []
  for (let after: Match | undefined; found.length < AT_ONCE; ) {
    const rows = await matches.list({ state: 'open', matcher, limit: AT_ONCE, ...(after === undefined ? {} : { after }) })
    // What a person has decided before is a person's to decide again.
    found.push(...rows.filter((match) => match.probability >= merge && match.decided === undefined && !seen.has(match.id)))
    after = rows.at(-1)
    if (rows.length < AT_ONCE || after === undefined || after.probability < merge) break
  }
  return found
}

/** What the matcher thinks of pairs as they are now; undefined where one of the two may not be looked at. */
async function lookAt(
  { store, analytics, gate }: MergeMeans,
  { matcher, pairs, context }: { readonly matcher: Matcher; readonly pairs: PairMatcher; readonly context: CallContext },
  page: readonly Match[],
): Promise<(match: Match) => MatchOpinion | undefined> {
  const people = [...new Set(page.flatMap(({ left, right }) => [left, right]))]
  const decisions = await gate.decide({ profiles: people, purpose: context.purpose, action: 'compute' }, context)
  const allowed = people.filter((profile) => decisions.get(profile)?.granted === true)
  const sources = { profiles: store.in(context.workspace).profiles, analytics: analytics.in(context.workspace) }
  const records = new Map<ProfileId, MatchRecord>()
  for (const record of await recordsOf(sources, matcher.fields, allowed)) records.set(record.profile, record)
  return (match) => {
    const [left, right] = [records.get(match.left), records.get(match.right)]
    return left === undefined || right === undefined || left === right ? undefined : pairs.compare({ left, right })
  }
}

async function mergeOne(
  { store, gate, policy }: MergeMeans,
  { instance, context }: { readonly instance: string; readonly context: CallContext },
  match: Match,
  opinion: MatchOpinion,
): Promise<boolean> {
  return store.in(context.workspace).transaction(async (tx) => {
    await tx.profiles.lock()
    const [now, limits] = [await tx.matches.get(match.id), await readLimits(tx, instance)]
    if (now?.state !== 'open' || now.left !== match.left || now.right !== match.right) return false
    if (matchVerdict(opinion, limits) !== 'merge' || (await tx.matches.areKeptApart(now.left, now.right))) return false
    const said = { rule: ruleOf(instance), source: instance, evidence: evidenceOf(match, opinion), said: 'track' } as const
    const joined = await join(tx, { profiles: [now.left, now.right], ...said }, { policy, gate, context })
    if (!joined.ok) return false
    await tx.matches.decide({ id: match.id, state: 'merged', at: context.now, by: BY_LIMITS, merge: joined.merge })
    return true
  })
}

/** What the ledger calls it. */
export const ruleOf = (instance: string): string => `match:${instance}`

/** What the ledger keeps: why the matcher thought so, and who agreed. */
export const evidenceOf = (
  { id, matcher }: Match,
  { probability, weight, evidence }: MatchOpinion,
  said: { readonly by?: string; readonly note?: string } = {},
): Properties => ({
  match: id,
  matcher,
  probability,
  weight,
  because: evidence.map((one) => ({ field: one.field, code: one.code, weight: one.weight, detail: one.detail })),
  by: said.by ?? BY_LIMITS,
  ...(said.note === undefined ? {} : { reason: said.note }),
})
