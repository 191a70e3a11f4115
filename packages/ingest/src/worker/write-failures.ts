import type { Analytics, FailedEvent } from '@tenon/analytics'
import type { Failure } from './incoming.ts'
import type { LookedUp } from './sent-again.ts'
import type { Station } from './station.ts'
import type { Outcomes } from './tally.ts'

/** Beyond all that people do to one attempt: what ingest has settled stays settled. */
const SETTLED_STEP = 1_000_000

interface Of {
  /** Of the batch. */
  readonly name: string
  readonly batch: number
  readonly lookedUp: readonly LookedUp[]
}

/** Writes what failed, and what became of failed events. */
export async function writeFailures({ failed, settled }: Outcomes, of: Of, { analytics, clock, signal }: Station): Promise<void> {
  const told = [...failed, ...settled]
  if (told.length === 0) return
  const at = clock.now()
  for (const [token, members] of Map.groupBy(told, tokens(of))) {
    const failures = members.map(
      ({ replay: _, ...failure }): FailedEvent => ({
        ...failure,
        batch: of.batch,
        step: failure.state === 'open' ? 0 : SETTLED_STEP,
        at,
        actor: '',
      }),
    )
    await analytics.insertFailed(failures, { token, signal })
  }
  await forgetDropped(failed, analytics)
}

/** What a look-up has decided is written under what came of it: after a crash that may be another thing. */
function tokens({ name, lookedUp }: Of): (failure: Failure) => string {
  const byEvent = new Map(
    lookedUp.flatMap(({ workspace, isSure, kept, again, late }) => {
      const token = `${name}:${isSure ? 'replayed' : 'unsure'}:${workspace}`
      return [...kept, ...again, ...late].map(({ replay }) => [keyOf(workspace, replay?.id), token] as const)
    }),
  )
  return ({ workspace, replay }) => byEvent.get(keyOf(workspace, replay?.id)) ?? `${name}:failed`
}

const keyOf = (workspace: string, id = ''): string => `${workspace}\0${id}`

/** A failed event that consent forbids by now, or that another one has made superfluous: what was kept of it until now goes as well. */
async function forgetDropped(failed: readonly Failure[], analytics: Analytics): Promise<void> {
  const dropped = failed.filter(({ state, replay }) => state === 'dropped' && replay !== undefined)
  for (const [workspace, of] of Map.groupBy(dropped, (failure) => failure.workspace)) {
    const times = of.map(({ receivedAt }) => receivedAt.getTime())
    const between = { from: new Date(Math.min(...times)), until: new Date(Math.max(...times)) }
    await analytics.forgetFailed({ workspace, ids: of.map(({ id }) => id), ...between })
  }
}
