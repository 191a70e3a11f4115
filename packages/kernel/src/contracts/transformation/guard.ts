import { errorCode } from '../../plugin/error.ts'
import type { Guard, GuardTools } from '../../plugin/guard.ts'
import type { CustomerEvent } from '../nouns/event.ts'
import { outcomesProblem, transformationProblem } from './check.ts'
import type { Transformation, TransformContext, TransformOutcome } from './contract.ts'
import { freezeEvent } from './freeze-event.ts'

const BATCH_LIMIT_MS = 10_000
const EVENT_LIMIT_MS = 1_000
const LONGEST_MESSAGE = 500

/**
 * A batch on which a transformation throws, hangs or answers wrongly is taken apart: the events that do it alone come out as `failed`, the others as
 * if they had been by themselves. What an event causes does not count for the circuit: nobody can make a transformation rest by sending
 * events that it can not bear. Only hanging counts, for it costs time that all others wait.
 */
export const guardTransformation: Guard<Transformation> = (provider, tools) => ({
  label: provider.label,
  ...(provider.after === undefined ? {} : { after: provider.after }),
  async transform({ events }, context) {
    const problem = transformationProblem(provider)
    if (problem !== undefined) throw tools.violation('transform', problem)
    const frozen = events.map(freezeEvent)
    try {
      return await ask(provider, frozen, context, BATCH_LIMIT_MS, tools)
    } catch (error) {
      if (!isTimeout(error)) throw error
    }
    const outcomes: TransformOutcome[] = []
    for (const event of frozen) outcomes.push(...(await askAlone(provider, event, context, tools)))
    return outcomes
  },
})

async function askAlone(
  provider: Transformation,
  event: CustomerEvent,
  context: TransformContext,
  tools: GuardTools,
): Promise<readonly TransformOutcome[]> {
  try {
    return await ask(provider, [event], context, EVENT_LIMIT_MS, tools)
  } catch (error) {
    if (!isTimeout(error)) throw error
    return [{ kind: 'failed', code: 'TRANSFORMATION_TIMEOUT', message: `it did not answer in ${EVENT_LIMIT_MS} ms` }]
  }
}

const ask = (
  provider: Transformation,
  events: readonly CustomerEvent[],
  context: TransformContext,
  limitMs: number,
  tools: GuardTools,
): Promise<readonly TransformOutcome[]> =>
  tools.call({
    operation: 'transform',
    limitMs,
    signal: context.signal,
    run: (signal) => answers(provider, events, { ...context, signal }),
  })

/** An outcome for every event, whatever the transformation does with them, as long as somebody waits. */
async function answers(
  provider: Transformation,
  events: readonly CustomerEvent[],
  context: TransformContext,
): Promise<readonly TransformOutcome[]> {
  const answer = await attempt(provider, events, context)
  if ('outcomes' in answer) return answer.outcomes
  if (events.length === 1) return [answer.failed]
  const outcomes: TransformOutcome[] = []
  for (const event of events) {
    const alone = await attempt(provider, [event], context)
    outcomes.push(...('outcomes' in alone ? alone.outcomes : [alone.failed]))
  }
  return outcomes
}

type Answer = { readonly outcomes: readonly TransformOutcome[] } | { readonly failed: TransformOutcome }

async function attempt(provider: Transformation, events: readonly CustomerEvent[], context: TransformContext): Promise<Answer> {
  context.signal.throwIfAborted()
  try {
    const outcomes = await provider.transform({ events }, context)
    const problem = outcomesProblem(events, outcomes)
    return problem === undefined ? { outcomes } : { failed: { kind: 'failed', code: 'TRANSFORMATION_INVALID', message: problem } }
  } catch (error) {
    context.signal.throwIfAborted()
    return { failed: { kind: 'failed', code: 'TRANSFORMATION_FAILED', message: messageOf(error) } }
  }
}

const isTimeout = (error: unknown): boolean => errorCode(error) === 'TENON_PLUGIN_CALL_TIMEOUT'

const messageOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : 'it threw something that is no error')
    .slice(0, LONGEST_MESSAGE)
    .toWellFormed()
