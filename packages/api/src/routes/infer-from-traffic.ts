import type { WorkspaceAnalytics } from '@tenon/analytics'
import { inferPlan, type PlanDraft } from '@tenon/plans'
import type { Window } from '../schemas/window.ts'

export interface InferRequest extends Window {
  readonly source?: string
  /** So many names at the most, the most frequent. */
  readonly names: number
  /** So many events of each at the most. */
  readonly perName: number
  readonly tolerance: number
}

export interface InferredDraft extends Omit<PlanDraft, 'events'> {
  readonly events: readonly (PlanDraft['events'][number] & { readonly traffic: number })[]
  readonly sampled: number
  /** False where the sample was cut, for the events are large. */
  readonly complete: boolean
  /** Names beyond those that were asked for. */
  readonly otherNames: number
}

const MOST_EVENTS = 20_000
const MOST_CHARACTERS = 32 * 1024 * 1024
const EVENTS_PER_BREATH = 50

/** Learns a draft from a sample that is bounded in events and in characters, and lets other requests in between. */
export async function inferFromTraffic(analytics: WorkspaceAnalytics, request: InferRequest): Promise<InferredDraft> {
  const { names: limit, perName, tolerance, source, from, until } = request
  const window = { from, until, ...(source === undefined ? {} : { source }) }
  const { names, allNames } = await analytics.traffic({ ...window, limit })
  const inference = inferPlan()
  let [sampled, characters] = [0, 0]
  if (names.length > 0) {
    const most = Math.max(1, Math.min(perName, Math.floor(MOST_EVENTS / names.length)))
    for await (const page of analytics.sampleEvents({ ...window, names, perName: most })) {
      for (const { type, name, person, properties, traits, context, group_traits: groupTraits } of page) {
        if (characters >= MOST_CHARACTERS) break
        if (sampled % EVENTS_PER_BREATH === EVENTS_PER_BREATH - 1) await breathe()
        inference.add({ type, name, person, texts: { properties, traits, context, groupTraits } })
        sampled += 1
        characters += properties.length + traits.length + context.length + groupTraits.length
      }
      if (characters >= MOST_CHARACTERS) break
    }
  }
  const { events, ...draft } = inference.draft({ tolerance, ...(source === undefined ? {} : { sources: [source] }) })
  const traffic = new Map(names.map((each) => [`${each.type} ${each.name}`, each.events]))
  return {
    ...draft,
    events: events.map((each) => ({ ...each, traffic: traffic.get(`${each.type} ${each.name ?? ''}`) ?? each.sampled })),
    ...{ sampled, complete: characters < MOST_CHARACTERS, otherNames: allNames - names.length },
  }
}

const breathe = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
