import type { Analytics, EventRow, FailedEvent } from '@tenon/analytics'
import type { CallContext, Clock, Decision, IdentityPolicy, Meter, ProfileId } from '@tenon/kernel/contracts'
import type { BatchVerdict, IngestCounts, Ruling, Store } from '@tenon/store'
import { type IngestGate, signalsIn } from '../gate.ts'
import type { IdentityCache } from '../identity/identity-cache.ts'
import { measureResolution } from '../identity/measure-resolution.ts'
import { type Blame, type Found, type Resolution, resolveBatch } from '../identity/resolve-batch.ts'
import type { LogChunk } from '../log/event-log.ts'
import { type IngestPlans, NOT_CHECKED, noted, type PlanFinding, type PlanTally, rulingOf, tallyOf } from '../plans/plan-check.ts'
import { type Ruled, type Transformations, type Transformed, transformEvents } from '../transform/transform-events.ts'
import { breathing } from './breathe.ts'
import { isDataFault } from './data-fault.ts'
import {
  droppedOf,
  type Failure,
  type Fault,
  failureOf,
  type Incoming,
  type IncomingBatch,
  type RefusedOnce,
  readIncoming,
  replayKey,
  settledOf,
} from './incoming.ts'
import { isolate } from './isolate.ts'
import { measureBatch } from './measure-batch.ts'
import { keysOf } from './replayed-keys.ts'
import { countBatch, countReplays } from './tally.ts'
import { writeOverrides } from './write-overrides.ts'

export interface Station {
  readonly stream: string
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: IngestGate
  readonly transformations: Transformations
  readonly identity: IdentityPolicy
  readonly plans: IngestPlans | undefined
  readonly cache: IdentityCache
  readonly clock: Clock
  readonly meter: Meter
  readonly signal: AbortSignal
}

export interface StoredBatch {
  readonly batch: number
  readonly counts: IngestCounts
  /** Whose events were stored. */
  readonly profiles: ReadonlyMap<string, readonly ProfileId[]>
  /** Of the first that came for the first time; absent where none did. */
  readonly receivedAt?: Date
}

/** An event whose sender is known by now. */
interface Resolved {
  readonly incoming: Incoming
  readonly found: Found
}

/** `isolating`: an earlier try met data that a store refuses; find it and set it aside. */
export interface BatchMode {
  readonly isolating: boolean
  readonly blamed: Map<string, Blame>
  /** What transformations said of events, where finding it out took a time limit. */
  readonly remembered: Map<string, Ruling>
}

/** A piece of the log of which the store knows what is new in it, whose it is and what may be kept. */
export interface PreparedBatch {
  readonly chunk: LogChunk
  readonly batch: number
  readonly judged: Judged
  /** Refused before the log, or by the store. */
  readonly refused: readonly Failure[]
  /** Failed events that their senders have sent again in the meantime. */
  readonly repeated: readonly Failure[]
  readonly received: number
  readonly duplicate: number
  readonly isolating: boolean
}

/**
 * Stores one piece of the log exactly once, in two steps. The order is what makes a crash at any point harmless: the store remembers the
 * batch, what was new in it and what was judged; the engine is written under the name of the batch; then the store closes it. Done
 * again from any point, it comes to the same. The next piece may be prepared while this one is written.
 */
export async function prepareBatch(chunk: LogChunk, station: Station, mode: BatchMode): Promise<PreparedBatch> {
  const incoming = await readIncoming(station.stream, chunk)
  const { events, refused } = incoming
  const { passed, ruled } = await transform(events, station, mode)
  const refusedOnce = [...incoming.refusedOnce, ...ruled.flatMap((one) => replayedRuling(one, station.stream))]
  const opened = await openBatch(chunk, { events: passed, refusedOnce }, station, mode)
  const judged = await judgeOnce(
    opened,
    ruled.filter((one) => one.incoming.replay === undefined),
    station,
  )
  // What a plugin failed on is written down now: it need not be remembered.
  for (const memory of [mode.blamed, mode.remembered]) if (memory.size > 0) for (const { place } of events) memory.delete(place)
  const refusals = refusedOnce.map(({ failure }) => failure)
  return {
    chunk,
    batch: opened.batch,
    judged,
    refused: [...refused, ...opened.refused, ...opened.poisoned],
    repeated: opened.repeated,
    received: first(events) + refused.length + first(refusals),
    duplicate:
      first(passed) - first(opened.poisoned) - first(opened.resolved.map((one) => one.incoming)) + first(refusals) - first(opened.refused),
    isolating: mode.isolating,
  }
}

/** How many came for the first time. */
const first = (parts: readonly Pick<Incoming, 'replay'>[]): number =>
  parts.reduce((sum, { replay }) => (replay === undefined ? sum + 1 : sum), 0)

/** The second step: batches of a stream one after the other. */
export async function writeBatch(prepared: PreparedBatch, station: Station): Promise<StoredBatch> {
  const { stream, store, analytics, clock, meter, signal } = station
  const { chunk, batch, judged, isolating } = prepared
  await writeOverrides(store, analytics, signal)
  const name = `${stream}:${chunk.from}-${chunk.next}`
  const rows = judged.kept
  const insert = (part: readonly KeptEvent[]) => {
    const token = part.length === rows.length ? name : `${name}/${rows.indexOf(part[0] as KeptEvent)}+${part.length}`
    return analytics.insertRows(part, { token, signal })
  }
  const unwritable = isolating ? few(await isolate(rows, insert, isDataFault), rows.length) : new Map<KeptEvent, unknown>()
  if (!isolating && rows.length > 0) await insert(rows)

  const lost = [...unwritable].map(([row, error]) => failureOf(stream, row, poisonOf(error)))
  const failed = [...prepared.refused, ...judged.failed, ...lost]
  const stored = rows.flatMap((row) => (row.replay === undefined || unwritable.has(row) ? [] : [settledOf(row, row.replay, 'replayed')]))
  const outcomes = {
    received: prepared.received,
    duplicate: prepared.duplicate,
    stored: rows.length - lost.length,
    failed,
    settled: [...prepared.repeated, ...stored],
  }
  const told = [...failed, ...outcomes.settled]
  if (told.length > 0) {
    const at = clock.now()
    const failures = told.map(
      ({ replay: _, ...failure }): FailedEvent => ({ ...failure, batch, step: failure.state === 'open' ? 0 : SETTLED_STEP, at, actor: '' }),
    )
    await analytics.insertFailed(failures, { token: `${name}:failed`, signal })
    await forgetDropped(failed, analytics)
  }
  const counts = countBatch(outcomes)
  await store.ingest.closeBatch({ stream, batch, to: chunk.next, counts, replays: countReplays(outcomes) })
  measureBatch(meter, outcomes, judged.checked)
  const receivedAt = rows.find(({ replay }) => replay === undefined)?.event.receivedAt
  return {
    ...{ batch, counts, profiles: touched(unwritable.size === 0 ? rows : rows.filter((row) => !unwritable.has(row))) },
    ...(receivedAt === undefined ? {} : { receivedAt }),
  }
}

/** Beyond all that people do to one attempt: what ingest has settled stays settled. */
const SETTLED_STEP = 1_000_000

/** A failed event that consent forbids by now: what was kept of it until now goes as well. */
async function forgetDropped(failed: readonly Failure[], analytics: Analytics): Promise<void> {
  const dropped = failed.filter(({ state, replay }) => state === 'dropped' && replay !== undefined)
  for (const [workspace, of] of Map.groupBy(dropped, (failure) => failure.workspace)) {
    const times = of.map(({ receivedAt }) => receivedAt.getTime())
    const between = { from: new Date(Math.min(...times)), until: new Date(Math.max(...times)) }
    await analytics.forgetFailed({ workspace, ids: of.map(({ id }) => id), ...between })
  }
}

/** An event that goes no further never claims its message id: repaired, it can be sent again as it is. */
async function transform(
  events: readonly Incoming[],
  { transformations, meter, signal }: Station,
  { remembered }: BatchMode,
): Promise<Transformed> {
  if (transformations.size === 0) return { passed: events, ruled: [] }
  return transformEvents(events, { transformations, remembered, meter, signal })
}

interface Opened {
  readonly batch: number
  /** What was judged before a crash. */
  readonly verdict: BatchVerdict | undefined
  /** Events that were never seen before. */
  readonly resolved: readonly Resolved[]
  /** Refusals that were never seen before. */
  readonly refused: readonly Failure[]
  readonly repeated: readonly Failure[]
  readonly poisoned: readonly Failure[]
}

async function openBatch(
  chunk: LogChunk,
  { events, refusedOnce }: Pick<IncomingBatch, 'events' | 'refusedOnce'>,
  station: Station,
  { isolating, blamed }: BatchMode,
): Promise<Opened> {
  const open = (part: readonly Incoming[]) => openWith(chunk, part, refusedOnce, station, blamed)
  if (!isolating) return { ...(await open(events)), poisoned: [] }
  const culprits = few(await isolate(events, async (part) => void (await open(part)), isDataFault), events.length)
  const innocent = culprits.size === 0 ? events : events.filter((event) => !culprits.has(event))
  return { ...(await open(innocent)), poisoned: [...culprits].map(([incoming, error]) => unjudged(incoming, station, poisonOf(error))) }
}

async function openWith(
  chunk: LogChunk,
  events: readonly Incoming[],
  refusals: readonly RefusedOnce[],
  { stream, store, identity, cache, gate, clock, meter, signal }: Station,
  blamed: Map<string, Blame>,
): Promise<Omit<Opened, 'poisoned'>> {
  let resolutions: Resolution[] = []
  const { keys, messages } = keysOf(events)
  const isPlain = refusals.length === 0 && keys.length === events.length
  const toResolve = (unseen: readonly number[]): readonly number[] => {
    if (isPlain) return unseen
    const seen = messages.size === 0 ? undefined : new Set(unseen)
    return unseen.filter((place) => place < events.length && (seen === undefined || seen.has(messages.get(place) ?? place)))
  }
  const { batch, fresh, result, verdict } = await store.ingest.openBatch({
    stream,
    from: chunk.from,
    to: chunk.next,
    events: [...keys, ...refusals.map(({ key }) => key)],
    async resolve(transaction, unseen) {
      const places = toResolve(unseen)
      resolutions = []
      const now = clock.now()
      const found = new Map<number, Found>()
      const byWorkspace = Map.groupBy(places, (place) => events[place]?.workspace ?? '')
      for (const [workspace, indexes] of byWorkspace) {
        const subjects = indexes.flatMap((index) => events[index] ?? [])
        const context: CallContext = { workspace, purpose: 'collect', now, signal }
        const asked = { transaction: transaction.in(workspace), subjects, policy: identity, gate, cache, context, blamed }
        const resolution = await resolveBatch(asked)
        resolutions.push(resolution)
        for (const [at, index] of indexes.entries()) found.set(index, resolution.found[at] ?? { profile: 0 })
      }
      return found
    },
  })
  for (const { change, tally } of resolutions) {
    cache.learn(change)
    measureResolution(meter, tally)
  }
  const resolvable = toResolve(fresh)
  const resolved = resolvable.flatMap((place) => {
    const incoming = events[place]
    return incoming === undefined ? [] : [{ incoming, found: result.get(place) ?? { profile: 0 } }]
  })
  const refused = fresh.flatMap((place) => (place < keys.length ? [] : (refusals[place - keys.length]?.failure ?? [])))
  const isResolved = new Set(messages.size === 0 ? [] : resolvable)
  const repeated = fresh.flatMap((place) => {
    const incoming = events[place]
    return incoming?.replay === undefined || !messages.has(place) || isResolved.has(place)
      ? []
      : [settledOf(incoming, incoming.replay, 'duplicate')]
  })
  return { batch, verdict, resolved, refused, repeated }
}

/** An event that is stored, in the form in which it is written. */
type KeptEvent = Incoming & EventRow

interface Judged {
  readonly kept: readonly KeptEvent[]
  readonly failed: readonly Failure[]
  /** What the tracking plans say of the events. */
  readonly checked: PlanTally
}

/**
 * The verdict is written down before anything is written by it: consents may change until a crash is made good, and an event that is in
 * the engine already must not be counted as refused. The same holds for what the transformations said: they may be others after the crash.
 */
async function judgeOnce({ batch, resolved, verdict }: Opened, ruled: readonly Ruled[], station: Station): Promise<Judged> {
  const { store, stream } = station
  const stopped = ruled.map(({ incoming, ruling }) => [incoming.place, ruling] as const)
  const { findings, checked } = await findingsOf(resolved, station)
  const found = async () => {
    const refused = await judge(resolved, station)
    const held = [...findings].flatMap(([place, finding]) => (finding.mode === 'quarantine' ? [[place, rulingOf(finding)] as const] : []))
    // What may not be kept is not kept back either.
    return { ...Object.fromEntries(held), ...refused, ...Object.fromEntries(stopped) }
  }
  const standing = verdict ?? (await store.ingest.judgeBatch({ stream, batch, verdict: await found() }))
  const { kept, failed } = await divide(resolved, standing, batch, station, findings)
  return {
    kept,
    checked,
    failed: [...failed, ...ruled.map(({ incoming, ruling }) => stoppedBy(stream, incoming, standing[incoming.place] ?? ruling))],
  }
}

type Findings = ReadonlyMap<string, PlanFinding>

/** What the tracking plans find, by place. Of a workspace without a plan nothing is read. */
async function findingsOf(
  resolved: readonly Resolved[],
  { plans }: Station,
): Promise<{ readonly findings: Findings; readonly checked: PlanTally }> {
  const findings = new Map<string, PlanFinding>()
  if (plans === undefined) return { findings, checked: NOT_CHECKED }
  let checked = 0
  for (const [workspace, members] of Map.groupBy(resolved, ({ incoming }) => incoming.workspace)) {
    const find = await plans.of(workspace)
    if (find === undefined) continue
    await breathing(members, ({ incoming }) => {
      const check = find(incoming.event.source)
      if (check === undefined) return
      checked += 1
      const finding = check(incoming.event)
      if (finding !== undefined) findings.set(incoming.place, finding)
    })
  }
  return { findings, checked: tallyOf(checked, [...findings.values()]) }
}

/** What may not be kept: one question to the gate for each workspace. */
async function judge(resolved: readonly Resolved[], { gate, clock, signal }: Station): Promise<BatchVerdict> {
  const refused: [string, string][] = []
  const now = clock.now()
  for (const [workspace, members] of Map.groupBy(resolved, ({ incoming }) => incoming.workspace)) {
    const profiles = [...new Set(members.flatMap(({ found }) => ('profile' in found ? [found.profile] : [])))]
    const decisions = await gate.decide({ profiles, purpose: 'collect', action: 'store' }, { workspace, purpose: 'collect', now, signal })
    for (const { incoming, found } of members) {
      const why = 'profile' in found ? refusal(incoming, found.profile, decisions.get(found.profile), gate) : undefined
      if (why !== undefined) refused.push([incoming.place, why])
    }
  }
  return Object.fromEntries(refused)
}

async function divide(
  resolved: readonly Resolved[],
  verdict: BatchVerdict,
  batch: number,
  station: Station,
  findings: Findings,
): Promise<Omit<Judged, 'checked'>> {
  const kept: KeptEvent[] = []
  const failed: Failure[] = []
  await breathing(resolved, ({ incoming, found }) => {
    const why = verdict[incoming.place]
    if (!('profile' in found)) failed.push(unjudged(incoming, station, { stage: 'identity', ...found }))
    else if (why !== undefined) failed.push(stoppedBy(station.stream, incoming, why))
    else kept.push(keptOf(notedIn(incoming, findings), found.profile, batch))
  })
  return { kept, failed }
}

/** Of what a station rules to be dropped, only which event it was is kept. */
function stoppedBy(stream: string, incoming: Incoming, why: string | Ruling): Failure {
  if (typeof why === 'string') return droppedOf(stream, incoming, { stage: 'consent', code: 'COLLECT_REFUSED', reason: why })
  if (why.keep === 'payload') return failureOf(stream, incoming, why)
  const { messageId, name } = incoming.event
  return { ...droppedOf(stream, incoming, why), messageId, event: name }
}

/** A ruling over an attempt of a failed event is one ruling, however often the attempt was asked for. */
const replayedRuling = ({ incoming, ruling }: Ruled, stream: string): readonly RefusedOnce[] =>
  incoming.replay === undefined
    ? []
    : [{ key: replayKey(incoming.workspace, incoming.replay), failure: stoppedBy(stream, incoming, ruling) }]

/** Of a stored event that its plan flags, a note says so. What it kept back before a crash it keeps back; what it did not is stored. */
function notedIn(incoming: Incoming, findings: Findings): Incoming {
  const finding = findings.size === 0 ? undefined : findings.get(incoming.place)
  if (finding === undefined || finding.mode === 'allow') return incoming
  return { ...incoming, event: noted(incoming.event, finding), original: incoming.original ?? incoming.event }
}

const keptOf = (incoming: Incoming, profile: ProfileId, batch: number): KeptEvent => ({ ...incoming, profile, batch })

/** Why an event may not be kept. Of nobody there is no history: what the event itself says counts. */
function refusal({ event }: Incoming, profile: ProfileId, decision: Decision | undefined, gate: IngestGate): string | undefined {
  if (decision?.granted !== true) return `collecting is not allowed: ${decision?.reason.code ?? 'no decision'}`
  return profile === 0 && saysNo(event, gate) ? SAYS_NO : undefined
}

const SAYS_NO = 'collecting is not allowed: the event itself says no'

const saysNo = (event: Incoming['event'], gate: IngestGate): boolean =>
  signalsIn(event, gate).some(({ purpose, state }) => purpose === 'collect' && state !== 'granted')

/** An event that failed before anybody was asked whether it may be kept: what it says itself is all that is known. */
const unjudged = (incoming: Incoming, { stream, gate }: Station, fault: Fault): Failure =>
  saysNo(incoming.event, gate)
    ? droppedOf(stream, incoming, { stage: 'consent', code: 'COLLECT_REFUSED', reason: SAYS_NO })
    : failureOf(stream, incoming, fault)

const poisonOf = (error: unknown): Fault => ({
  stage: 'write',
  code: 'UNSTORABLE',
  reason: error instanceof Error ? error.message : 'thrown',
})

/** When most of a batch is refused, it is not the data that is wrong. */
function few<T>(culprits: ReadonlyMap<T, unknown>, of: number): ReadonlyMap<T, unknown> {
  const [error] = culprits.values()
  if (culprits.size > 10 && culprits.size > of / 2) throw new Error('a store refuses most of a batch', { cause: error })
  return culprits
}

function touched(rows: readonly KeptEvent[]): ReadonlyMap<string, readonly ProfileId[]> {
  const known = rows.filter(({ profile }) => profile !== 0)
  return new Map(
    [...Map.groupBy(known, ({ workspace }) => workspace)].map(([workspace, of]) => [
      workspace,
      [...new Set(of.map(({ profile }) => profile))],
    ]),
  )
}
