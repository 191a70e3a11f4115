import type { InstanceId } from '@tenon/kernel'
import type { CustomerEvent, Meter, Transformation, TransformContext, TransformOutcome } from '@tenon/kernel/contracts'
import type { Ruling } from '@tenon/store'
import { type LoggedEvent, wholeEvent } from '../accept/logged-event.ts'
import { breathe, EVENTS_PER_BREATH } from '../worker/breathe.ts'
import type { Incoming, Report } from '../worker/incoming.ts'
import { measureTransformation } from './measure-transformation.ts'

/** Transformations by instance, in the order in which they run. */
export type Transformations = ReadonlyMap<InstanceId, Transformation>

export interface Transformed {
  /** All of them, in the order in which they came: as they are behind the transformations, or in front of the one that stopped them. */
  readonly events: readonly Incoming[]
  /** Of those that go no further, by place. */
  readonly rulings: ReadonlyMap<string, Ruling>
}

/**
 * Runs all transformations over the events of a batch, workspace by workspace, in pieces. Throws only what says nothing about an event: a
 * transformation that rests. Then the batch waits and is done again; `remembered` keeps what took a time limit to find out, by place.
 */
export async function transformEvents(
  events: readonly Incoming[],
  {
    remembered,
    ...options
  }: {
    readonly transformations: Transformations
    readonly remembered: Memory
    readonly meter: Meter
    readonly signal: AbortSignal
  },
): Promise<Transformed> {
  const done = new Map<number, Traveller>()
  for (const [workspace, members] of Map.groupBy(events.keys(), (index) => events[index]?.workspace ?? '')) {
    const context: TransformContext = { workspace, purpose: 'collect', signal: options.signal }
    for (let start = 0; start < members.length; start += EVENTS_PER_BREATH) {
      await breathe()
      const piece = members.slice(start, start + EVENTS_PER_BREATH)
      const results = await transformPiece(
        piece.flatMap((index) => events[index] ?? []),
        { ...options, remembered, context },
      )
      for (const [at, result] of results.entries()) done.set(piece[at] ?? -1, result)
    }
  }
  const inOrder = [...events.keys()].flatMap((index) => done.get(index) ?? [])
  return {
    events: inOrder.map(arrived),
    rulings: new Map(inOrder.flatMap(({ incoming, ruling }) => (ruling === undefined ? [] : [[incoming.place, ruling]]))),
  }
}

type Memory = Map<string, Ruling>

/** An event on its way through the transformations. */
interface Traveller {
  readonly incoming: Incoming
  /** As it came, and as it is by now. */
  readonly before: CustomerEvent
  readonly event: CustomerEvent
  readonly report: Report | undefined
  /** Present once a transformation has stopped it. */
  readonly ruling: Ruling | undefined
  /** It was stopped with something still to be done to it. */
  readonly isHalfway: boolean
}

async function transformPiece(
  piece: readonly Incoming[],
  options: {
    readonly transformations: Transformations
    readonly remembered: Memory
    readonly meter: Meter
    readonly context: TransformContext
  },
): Promise<readonly Traveller[]> {
  const { transformations, remembered, meter, context } = options
  let travellers = piece.map((incoming): Traveller => {
    const before = wholeEvent(incoming.event)
    const ruling = remembered.get(incoming.place)
    return { incoming, before, event: before, report: undefined, ruling, isHalfway: ruling !== undefined }
  })
  const last = [...transformations.keys()].at(-1)
  for (const [instance, transformation] of transformations) {
    const events = travellers.flatMap(({ event, ruling }) => (ruling === undefined ? [event] : []))
    if (events.length === 0) break
    const begun = performance.now()
    const said = await transformation.transform({ events }, context)
    measureTransformation(meter, { instance, begun, outcomes: said })
    const outcomes = said.values()
    travellers = travellers.map((one) => (one.ruling === undefined ? after(one, { instance, last }, outcomes.next().value) : one))
    for (const { incoming, ruling } of travellers) if (ruling?.code === 'TRANSFORMATION_TIMEOUT') remembered.set(incoming.place, ruling)
  }
  return travellers
}

function after(
  traveller: Traveller,
  { instance, last }: { readonly instance: InstanceId; readonly last: InstanceId | undefined },
  outcome: TransformOutcome | undefined,
): Traveller {
  const stopped = (code: string, why: string, keep: Ruling['keep']): Traveller => ({
    ...traveller,
    ruling: { stage: 'transform', code, reason: `${instance}: ${why}`, keep },
    // One that fails has not done what it is there for; one that drops has nothing to do.
    isHalfway: keep === 'payload' || instance !== last,
  })
  switch (outcome?.kind) {
    case 'kept':
    case 'changed': {
      const event = outcome.kind === 'kept' ? traveller.event : { ...traveller.event, ...outcome.parts }
      const next = reporting({ ...traveller, event }, instance, outcome.reports)
      if (next !== 'twice') return next
      return stopped('TRANSFORMATION_INVALID', `it reports another occurrence than '${traveller.report?.instance}'`, 'payload')
    }
    case 'dropped':
      return stopped('DROPPED', outcome.code, 'name')
    case 'failed':
      return stopped(outcome.code, outcome.message, 'payload')
    default:
      // A guard promises one outcome for each event; without a guard, no event is lost either.
      return stopped('TRANSFORMATION_INVALID', 'there is no outcome', 'payload')
  }
}

/** Of one occurrence at the most: whoever says it first has said it for all. */
function reporting(traveller: Traveller, instance: InstanceId, what: string | undefined): Traveller | 'twice' {
  const { report } = traveller
  if (what === undefined || what === report?.what) return traveller
  return report === undefined ? { ...traveller, report: { instance, what } } : 'twice'
}

function arrived({ incoming, before, event, report, isHalfway }: Traveller): Incoming {
  const told: Incoming = report === undefined ? incoming : { ...incoming, report }
  const come: Incoming = isHalfway ? { ...told, halfway: true } : told
  return event === before ? come : { ...come, event: loggedEvent(incoming.event, before, event), original: incoming.event }
}

/** What was not changed keeps its text. */
function loggedEvent(logged: LoggedEvent, before: CustomerEvent, { name, identifiers, timestamp, ...event }: CustomerEvent): LoggedEvent {
  const text = (part: 'properties' | 'traits' | 'context'): string =>
    event[part] === before[part] ? logged.texts[part] : JSON.stringify(event[part])
  const groupTraits = event.group === before.group ? logged.texts.groupTraits : JSON.stringify(event.group?.traits ?? {})
  return {
    ...logged,
    ...{ name, identifiers, timestamp, groupId: event.group?.id ?? '' },
    texts: { properties: text('properties'), traits: text('traits'), context: text('context'), groupTraits },
  }
}
