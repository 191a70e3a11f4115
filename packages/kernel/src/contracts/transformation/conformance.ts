import assert from 'node:assert/strict'
import type { CustomerEvent } from '../nouns/event.ts'
import type { Json } from '../nouns/json.ts'
import { deepFreeze } from '../suite/deep-freeze.ts'
import { HOSTILE_TEXTS } from '../suite/hostile.ts'
import { sampleContext } from '../suite/sample-context.ts'
import type { Suite } from '../suite/suite.ts'
import { withoutClock } from '../suite/without-clock.ts'
import { outcomesProblem, transformationProblem } from './check.ts'
import type { Transformation, TransformContext, TransformOutcome } from './contract.ts'

export interface TransformationSubject {
  readonly transformation: Transformation
  /** Events to which it does something: all of them, or the suite would test nothing. */
  readonly events: readonly CustomerEvent[]
}

const KEPT = Object.freeze({ kind: 'kept' } as const)

function contextOf(workspace = 'shop'): TransformContext {
  const { now: _now, ...context } = sampleContext({ workspace, purpose: 'collect' })
  return context
}

async function transform(
  transformation: Transformation,
  events: readonly CustomerEvent[],
  context = contextOf(),
): Promise<readonly TransformOutcome[]> {
  const frozen = deepFreeze(events)
  const before = JSON.stringify(frozen)
  const outcomes = await withoutClock(() => transformation.transform({ events: frozen }, context))
  assert.equal(outcomesProblem(events, outcomes), undefined)
  assert.equal(JSON.stringify(frozen), before, 'what was handed over was changed')
  return outcomes
}

/** The event as it goes on, or undefined where it does not. */
function after(event: CustomerEvent, outcome: TransformOutcome): CustomerEvent | undefined {
  if (outcome.kind === 'kept') return event
  return outcome.kind === 'changed' ? { ...event, ...outcome.parts } : undefined
}

/** The outcome without a difference that is none: parts that are what they were. */
function effectOf(event: CustomerEvent, outcome: TransformOutcome): TransformOutcome {
  if (outcome.kind !== 'changed') return outcome
  if (JSON.stringify(after(event, outcome)) !== JSON.stringify(event)) return outcome
  return outcome.reports === undefined ? KEPT : { ...KEPT, reports: outcome.reports }
}

const reportOf = (outcome: TransformOutcome | undefined): string | undefined =>
  outcome?.kind === 'kept' || outcome?.kind === 'changed' ? outcome.reports : undefined

/** The events of the subject with something strange in all their places. */
function hostile(events: readonly CustomerEvent[]): readonly CustomerEvent[] {
  const strange: readonly Json[] = [...HOSTILE_TEXTS, null, true, 0, -1.5, 1e308, [], {}, [[[{ a: [null] }]]], { __proto__x: 1 }]
  return events.flatMap((event) =>
    strange.map((value) => {
      const wrap = (part: CustomerEvent['properties']) => Object.fromEntries(Object.keys({ ...part, x: 0 }).map((key) => [key, value]))
      return { ...event, properties: wrap(event.properties), traits: wrap(event.traits), context: wrap(event.context) }
    }),
  )
}

export const transformationConformance = Object.freeze({
  'says what it does, and after whom': async ({ transformation }) => {
    assert.equal(transformationProblem(transformation), undefined)
  },

  'does something to each event of the subject, within what is its to change': async ({ transformation, events }) => {
    const outcomes = await transform(transformation, events)
    assert.ok(events.length > 1, 'the subject has several events')
    for (const [index, event] of events.entries()) {
      const effect = effectOf(event, outcomes[index] ?? KEPT)
      assert.ok(effect.kind !== 'kept' || effect.reports !== undefined)
    }
  },

  'answers no events with nothing': async ({ transformation }) => {
    assert.deepEqual(await transform(transformation, []), [])
  },

  'comes to the same whenever it is asked': async ({ transformation, events }) => {
    const first = await transform(transformation, events)
    assert.deepEqual(await transform(transformation, events), first)
  },

  'judges each event by itself': async ({ transformation, events }) => {
    const together = await transform(transformation, events)
    assert.deepEqual(await transform(transformation, events.toReversed()), together.toReversed(), 'the order of a batch matters')
    for (const [index, event] of events.entries()) {
      const [alone] = await transform(transformation, [event])
      assert.deepEqual(alone, together[index], 'an event alone comes to something else than among others')
    }
  },

  'leaves alone what it has transformed already': async ({ transformation, events }) => {
    const outcomes = await transform(transformation, events)
    const passed = events.flatMap((event, index) => after(event, outcomes[index] ?? KEPT) ?? [])
    const first = outcomes.filter(({ kind }) => kind === 'kept' || kind === 'changed')
    const again = await transform(transformation, passed)
    for (const [index, event] of passed.entries()) {
      assert.deepEqual(after(event, again[index] ?? KEPT), event, 'a second time changes the event once more')
      assert.equal(reportOf(again[index]), reportOf(first[index]), 'a second time it reports something else')
    }
  },

  'keeps workspaces apart': async ({ transformation, events }) => {
    const ours = await transform(transformation, events)
    await transform(transformation, events.toReversed(), contextOf('other'))
    assert.deepEqual(await transform(transformation, events), ours)
  },

  'leaves an event without content alone': async ({ transformation, events }) => {
    const [event] = events
    assert.ok(event !== undefined)
    const { group: _group, ...blank } = { ...event, name: 'Nothing Said', identifiers: [], properties: {}, traits: {}, context: {} }
    const [outcome = KEPT] = await transform(transformation, [blank])
    const ended = effectOf(blank, outcome)
    assert.ok(ended.kind === 'kept' || ended.kind === 'dropped', 'there is nothing in it to change or to fail on')
    assert.equal(reportOf(ended), undefined, 'there is nothing that it could report')
  },

  'takes whatever people send': async ({ transformation, events }) => {
    const strange = hostile(events)
    const outcomes = await transform(transformation, strange)
    assert.equal(outcomes.length, strange.length)
    const passed = strange.flatMap((event, index) => after(event, outcomes[index] ?? KEPT) ?? [])
    assert.ok(passed.every((event) => JSON.stringify(event).isWellFormed()))
  },
} satisfies Suite<TransformationSubject>)
