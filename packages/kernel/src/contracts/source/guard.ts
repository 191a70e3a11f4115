import type { Guard, GuardTools } from '../../plugin/guard.ts'
import { core } from '../core/core.ts'
import type { CallContext } from '../nouns/context.ts'
import type { EventDraft, Refused } from '../nouns/event.ts'
import { answerProblem, draftProblem, refusedProblem } from './check.ts'
import type { PushReading, PushSource } from './contract.ts'

const READ_LIMIT_MS = 10_000

/**
 * Nothing that a client sends is lost to a fault of the source: an invalid event becomes a refused one beside the good
 * ones, a request that makes the source throw is kept whole as unreadable. Neither counts against the instance, else
 * one hostile client could open its circuit for all.
 */
export const guardPushSource: Guard<PushSource> = (provider, tools) => ({
  routes: provider.routes,
  writeKey(request) {
    try {
      const key = provider.writeKey(request)
      return typeof key === 'string' && key !== '' ? key : undefined
    } catch (error) {
      report(tools, 'writeKey', error)
      return undefined
    }
  },
  read: (request, context) =>
    guarded(tools, {
      operation: 'read',
      context,
      run: (signal) => provider.read(request, { ...context, signal }),
      text: () => new TextDecoder().decode(request.body),
    }),
  ...(provider.reread === undefined
    ? {}
    : {
        reread: (payload, context) =>
          guarded(tools, {
            operation: 'reread',
            context,
            run: async (signal) => provider.reread?.(payload, { ...context, signal }) ?? unreadable(payload),
            text: () => payload,
          }),
      }),
  answer(outcome, request) {
    const answer = tools.callSync({ operation: 'answer', run: () => provider.answer(outcome, request) })
    const problem = answerProblem(answer)
    if (problem !== undefined) throw tools.violation('answer', problem)
    return answer
  },
})

async function guarded(
  tools: GuardTools,
  reading: {
    readonly operation: 'read' | 'reread'
    readonly context: CallContext
    run(signal: AbortSignal): PushReading | Promise<PushReading>
    text(): string
  },
): Promise<PushReading> {
  const { operation, context, run, text } = reading
  const answer = await tools.call<PushReading>({
    operation,
    limitMs: READ_LIMIT_MS,
    signal: context.signal,
    run: async (signal) => {
      try {
        return await run(signal)
      } catch (error) {
        report(tools, operation, error)
        return unreadable(text())
      }
    },
  })
  return checked(answer, tools)
}

function checked(reading: PushReading, tools: GuardTools): PushReading {
  switch (reading?.kind) {
    case 'events':
      return checkedEvents(reading, tools)
    case 'answer': {
      const problem = answerProblem(reading.answer)
      if (problem !== undefined) throw tools.violation('read', problem)
      return reading
    }
    case 'unreadable': {
      const problem = refusedProblem(reading.refused)
      if (problem !== undefined) throw tools.violation('read', problem)
      return reading
    }
    default:
      throw tools.violation('read', 'the reading is none of events, answer, unreadable')
  }
}

function checkedEvents({ events, refused }: Extract<PushReading, { kind: 'events' }>, tools: GuardTools): PushReading {
  if (!Array.isArray(events) || !Array.isArray(refused)) throw tools.violation('read', 'events and refused are not lists')
  const problem = refused.map(refusedProblem).find((found) => found !== undefined)
  if (problem !== undefined) throw tools.violation('read', problem)
  const good: EventDraft[] = []
  const bad: Refused[] = []
  for (const event of events) {
    const wrong = draftProblem(event)
    if (wrong === undefined) good.push(event)
    else bad.push({ code: 'INVALID_EVENT', message: wrong, payload: event, ...messageIdOf(event) })
  }
  return bad.length === 0 ? { kind: 'events', events, refused } : { kind: 'events', events: good, refused: [...refused, ...bad] }
}

const messageIdOf = (event: EventDraft): { readonly messageId?: string } =>
  typeof event?.messageId === 'string' ? { messageId: event.messageId } : {}

const unreadable = (payload: string): PushReading => ({
  kind: 'unreadable',
  refused: { code: 'SOURCE_FAILED', message: 'The source could not read this request.', payload },
})

/** The error itself may quote the body; its name may not. */
function report(tools: GuardTools, operation: string, error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error
  tools.core(core.logger)?.error('a source failed to read a request', { instance: tools.instance, operation, error: name })
}
