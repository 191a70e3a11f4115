import type { EventRow } from '@tenon/analytics'
import type { Decision, ProfileId } from '@tenon/kernel/contracts'
import type { BatchVerdict, Claim, Ruling } from '@tenon/store'
import { type IngestGate, signalsIn } from '../gate.ts'
import { breachesOf, heldBreaches, NOT_CHECKED, noted, type PlanFinding, type PlanTally, rulingOf, tallyOf } from '../plans/plan-check.ts'
import { breathing } from './breathe.ts'
import { droppedOf, type Failure, failureOf, type Incoming, reportKey } from './incoming.ts'
import type { OpenedEvent, OpenedEvents } from './open-events.ts'
import type { Station } from './station.ts'

/** An event that is stored, in the form in which it is written. */
export type KeptEvent = Incoming & EventRow

/** An event that passed when its batch was opened first, and that is stopped now: whether it is stored only the engine knows. */
export type LateEvent = Omit<KeptEvent, 'batch'> & { readonly failure: Failure }

export interface Judged {
  readonly kept: readonly KeptEvent[]
  readonly failed: readonly Failure[]
  readonly late: readonly LateEvent[]
  /** What the tracking plans say of the events. */
  readonly checked: PlanTally
}

/**
 * The verdict is written down before anything is written by it: consents may change until a crash is made good, and an event that is in
 * the engine already must not be counted as refused.
 */
export async function judgeEvents({ batch, events, verdict }: OpenedEvents, station: Station): Promise<Judged> {
  const { store, stream } = station
  const { findings, checked } = await findingsOf(events, station)
  const judge = async (): Promise<BatchVerdict> => {
    const held = findings.size === 0 ? [] : events.flatMap(({ incoming }) => heldIn(incoming, findings))
    // What may not be kept is not kept back either.
    const found = { ...Object.fromEntries(held), ...(await refusals(events, station)) }
    return store.ingest.judgeBatch({ stream, batch, verdict: found, claims: events.flatMap((event) => claimOf(event, found)) })
  }
  const standing = verdict ?? (await judge())
  return { ...(await divide(events, standing, batch, station, findings)), checked }
}

/** What an event reports it claims when it is kept: one that is held back or refused takes it from nobody. */
function claimOf({ incoming, ruling }: OpenedEvent, found: BatchVerdict): readonly Claim[] {
  const { workspace, place, report, replay } = incoming
  // What failed behind this station has claimed it before, but for what was stopped late: see decision 32.
  if (report === undefined || ruling !== undefined || found[place] !== undefined || replay?.stage === 'write') return []
  const reason = `${report.instance}: another event has reported the same`
  return [{ key: reportKey(workspace, report), place, otherwise: { stage: 'dedup', code: 'REPEATED', reason, keep: 'name' } }]
}

type Findings = ReadonlyMap<string, PlanFinding>

function heldIn({ place, event }: Incoming, findings: Findings): readonly (readonly [string, Ruling])[] {
  const finding = findings.get(place)
  return finding?.mode === 'quarantine' ? [[place, rulingOf(event, finding)]] : []
}

/** What the tracking plans find, by place. Of a workspace without a plan nothing is read. */
async function findingsOf(
  events: readonly OpenedEvent[],
  { plans }: Station,
): Promise<{ readonly findings: Findings; readonly checked: PlanTally }> {
  const findings = new Map<string, PlanFinding>()
  if (plans === undefined) return { findings, checked: NOT_CHECKED }
  let checked = 0
  for (const [workspace, members] of Map.groupBy(events, ({ incoming }) => incoming.workspace)) {
    const find = await plans.of(workspace)
    if (find === undefined) continue
    await breathing(members, ({ incoming, ruling }) => {
      const check = ruling === undefined ? find(incoming.event.source) : undefined
      if (check === undefined) return
      checked += 1
      const finding = check(incoming.event)
      if (finding !== undefined) findings.set(incoming.place, finding)
    })
  }
  return { findings, checked: tallyOf(checked, [...findings.values()]) }
}

/** What may not be kept: one question to the gate for each workspace. Of an event that nobody was found for, what it says itself is all that is known. */
async function refusals(events: readonly OpenedEvent[], { gate, clock, signal }: Station): Promise<Readonly<Record<string, string>>> {
  const refused: [string, string][] = []
  const now = clock.now()
  for (const [workspace, members] of Map.groupBy(events, ({ incoming }) => incoming.workspace)) {
    const profiles = new Set<ProfileId>()
    for (const { profile, also } of members) {
      if (profile === undefined) continue
      profiles.add(profile)
      for (const other of also ?? []) profiles.add(other)
    }
    const decisions = await gate.decide(
      { profiles: [...profiles], purpose: 'collect', action: 'store' },
      { workspace, purpose: 'collect', now, signal },
    )
    for (const one of members) {
      const why = refusal(one, decisions, gate)
      if (why !== undefined) refused.push([one.incoming.place, why])
    }
  }
  return Object.fromEntries(refused)
}

/** Why an event may not be kept. Of nobody there is no history: what the event itself says counts. */
function refusal(event: OpenedEvent, decisions: ReadonlyMap<ProfileId, Decision>, gate: IngestGate): string | undefined {
  const { profile, also = [], agrees } = event
  if (profile === undefined || agrees === true) return ownRefusal(event, gate)
  for (const one of [profile, ...also]) {
    const decision = decisions.get(one)
    if (decision?.granted !== true) return `collecting is not allowed: ${decision?.reason.code ?? 'no decision'}`
  }
  return profile === 0 ? ownRefusal(event, gate) : undefined
}

const ownRefusal = ({ incoming }: OpenedEvent, gate: IngestGate): string | undefined =>
  signalsIn(incoming.event, gate).some(({ purpose, state }) => purpose === 'collect' && state !== 'granted')
    ? 'collecting is not allowed: the event itself says no'
    : undefined

async function divide(
  events: readonly OpenedEvent[],
  verdict: BatchVerdict,
  batch: number,
  { stream }: Station,
  findings: Findings,
): Promise<Omit<Judged, 'checked'>> {
  const kept: KeptEvent[] = []
  const failed: Failure[] = []
  const late: LateEvent[] = []
  await breathing(events, ({ incoming, profile = 0, ruling }) => {
    const judged = verdict[incoming.place]
    if (typeof judged === 'string') failed.push(droppedOf(stream, incoming, { stage: 'consent', code: 'COLLECT_REFUSED', reason: judged }))
    else if (ruling?.late === true) late.push({ ...incoming, profile, failure: stoppedBy(stream, incoming, ruling) })
    else if (ruling !== undefined) failed.push(stoppedBy(stream, incoming, ruling))
    else if (judged !== undefined) failed.push(stoppedBy(stream, incoming, judged))
    else kept.push({ ...notedIn(incoming, findings), profile, batch })
  })
  return { kept, failed, late }
}

/** Of what a station rules to be dropped, only which event it was is kept. */
function stoppedBy(stream: string, incoming: Incoming, ruling: Ruling): Failure {
  // Its message id is its own by then, wherever it was stopped.
  const fault = ruling.late === true ? { ...ruling, stage: 'write' } : ruling
  const breaches = heldBreaches(ruling)
  if (ruling.keep === 'payload') return { ...failureOf(stream, incoming, fault), ...(breaches === undefined ? {} : { breaches }) }
  const { messageId, name } = incoming.original ?? incoming.event
  return { ...droppedOf(stream, incoming, ruling), messageId, event: name }
}

/** Of a stored event that its plan flags, a note says so. What it kept back before a crash it keeps back; what it did not is stored. */
function notedIn(incoming: Incoming, findings: Findings): Incoming {
  const finding = findings.size === 0 ? undefined : findings.get(incoming.place)
  if (finding === undefined) return incoming
  const found = { ...incoming, breaches: breachesOf(incoming.event, finding) }
  if (finding.mode === 'allow') return found
  return { ...found, event: noted(incoming.event, finding), original: incoming.original ?? incoming.event }
}
