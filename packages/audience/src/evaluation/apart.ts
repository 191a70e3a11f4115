import type { ProfileId } from '@tenon/kernel/contracts'
import type { Live } from '../definitions/live.ts'
import type { LayerResult } from './evaluate-layer.ts'
import { inPortions } from './in-portions.ts'
import type { Transition } from './journal.ts'

/** What became of some people, and whether a turn may wait for the model again. */
export interface ApartResult extends LayerResult {
  readonly isPrompt: boolean
}

/**
 * Models that take longer than a turn waits for. They are computed beside the turns, each in a lane of its own: one run at a time,
 * for whoever has come meanwhile, and for no more people than a turn has. Nobody else waits for them.
 */
export interface Apart {
  /** Whether the definition is computed apart now. A new version is tried in a turn first. */
  has(workspace: string, live: Live): boolean
  /**
   * Resolves when these people are computed and recorded. Rejects where that could not be done for want of a store. For those who
   * are patient a run gives way to storing; for the others nothing rests, also not for those who came before.
   */
  add(workspace: string, live: Live, people: Iterable<ProfileId>, options: { readonly isPatient: boolean }): Promise<LayerResult>
  /** Resolves when no lane has anything to do. */
  idle(): Promise<void>
}

interface Load {
  readonly people: Set<ProfileId>
  /** Fires when somebody waits for it, or for the one behind it, who is not patient. */
  readonly hurry: AbortController
  readonly settled: PromiseWithResolvers<LayerResult>
}

interface Lane {
  live: Live
  current: Load | undefined
  next: Load | undefined
  running: Promise<void> | undefined
}

export function createApart(options: {
  /** The people of one run at the most. */
  readonly portion: number
  /** Before each run, until the signal fires. */
  rest(signal: AbortSignal): Promise<void>
  run(workspace: string, live: Live, people: ReadonlySet<ProfileId>): Promise<ApartResult>
}): Apart {
  const { portion, rest, run } = options
  const lanes = new Map<string, Lane>()
  const nameOf = (workspace: string, { type, key }: Live): string => JSON.stringify([workspace, type, key])

  async function compute(workspace: string, lane: Lane, { people, hurry }: Load): Promise<ApartResult> {
    const sum = { transitions: [] as Transition[], changed: 0, isPrompt: people.size > 0 }
    for (const some of inPortions([...people], portion)) {
      await rest(hurry.signal)
      const { transitions, changed, isPrompt } = await run(workspace, lane.live, new Set(some))
      sum.transitions.push(...transitions)
      sum.changed += changed
      sum.isPrompt &&= isPrompt
    }
    return sum
  }

  async function empty(workspace: string, name: string, lane: Lane): Promise<void> {
    let isPrompt = false
    for (let load = lane.next; load !== undefined; load = lane.next) {
      lane.current = load
      lane.next = undefined
      try {
        const result = await compute(workspace, lane, load)
        isPrompt = result.isPrompt
        load.settled.resolve(result)
      } catch (error) {
        isPrompt = false
        load.settled.reject(error)
      }
    }
    lane.current = undefined
    lane.running = undefined
    if (isPrompt) lanes.delete(name)
  }

  return {
    has: (workspace, live) => lanes.get(nameOf(workspace, live))?.live.version === live.version,
    add(workspace, live, people, { isPatient }) {
      const name = nameOf(workspace, live)
      const lane: Lane = lanes.get(name) ?? { live, current: undefined, next: undefined, running: undefined }
      lanes.set(name, lane)
      lane.live = live
      lane.next ??= newLoad()
      const { people: waiting, settled, hurry } = lane.next
      for (const profile of people) waiting.add(profile)
      if (!isPatient) {
        hurry.abort()
        lane.current?.hurry.abort()
      }
      lane.running ??= empty(workspace, name, lane)
      return settled.promise
    },
    async idle() {
      for (let busy = runningOf(lanes); busy.length > 0; busy = runningOf(lanes)) await Promise.all(busy)
    },
  }
}

function newLoad(): Load {
  const load: Load = { people: new Set(), hurry: new AbortController(), settled: Promise.withResolvers() }
  // Whoever added people may look much later, or never: it is told its trouble then, and Node ends no process for it.
  load.settled.promise.catch(() => {})
  return load
}

const runningOf = (lanes: ReadonlyMap<string, Lane>): readonly Promise<void>[] =>
  [...lanes.values()].flatMap(({ running }) => running ?? [])
