import type { ProfileId } from '@tenon/kernel/contracts'
import type { Live } from '../definitions/live.ts'
import type { LayerResult } from './evaluate-layer.ts'

/** What became of some people, and whether a turn may wait for the model again. */
export interface ApartResult extends LayerResult {
  readonly isPrompt: boolean
}

/**
 * Models that take longer than a turn waits for. They are computed beside the turns, each in a lane of its own: one run at a time,
 * for whoever has come meanwhile. Nobody else waits for them.
 */
export interface Apart {
  /** Whether the definition is computed apart now. A new version is tried in a turn first. */
  has(workspace: string, live: Live): boolean
  /** Resolves when these people are computed and recorded. Rejects where that could not be done for want of a store. */
  add(workspace: string, live: Live, people: Iterable<ProfileId>): Promise<LayerResult>
  /** Resolves when no lane has anything to do. */
  idle(): Promise<void>
}

interface Load {
  readonly people: Set<ProfileId>
  readonly settled: PromiseWithResolvers<LayerResult>
}

interface Lane {
  live: Live
  next: Load | undefined
  running: Promise<void> | undefined
}

export function createApart(run: (workspace: string, live: Live, people: ReadonlySet<ProfileId>) => Promise<ApartResult>): Apart {
  const lanes = new Map<string, Lane>()
  const nameOf = (workspace: string, { type, key }: Live): string => JSON.stringify([workspace, type, key])

  async function empty(workspace: string, name: string, lane: Lane): Promise<void> {
    let isPrompt = false
    for (let load = lane.next; load !== undefined; load = lane.next) {
      lane.next = undefined
      try {
        const result = await run(workspace, lane.live, load.people)
        isPrompt = result.isPrompt
        load.settled.resolve(result)
      } catch (error) {
        load.settled.reject(error)
      }
    }
    lane.running = undefined
    if (isPrompt) lanes.delete(name)
  }

  return {
    has: (workspace, live) => lanes.get(nameOf(workspace, live))?.live.version === live.version,
    add(workspace, live, people) {
      const name = nameOf(workspace, live)
      const lane: Lane = lanes.get(name) ?? { live, next: undefined, running: undefined }
      lanes.set(name, lane)
      lane.live = live
      lane.next ??= newLoad()
      const { people: waiting, settled } = lane.next
      for (const profile of people) waiting.add(profile)
      lane.running ??= empty(workspace, name, lane)
      return settled.promise
    },
    async idle() {
      for (let busy = runningOf(lanes); busy.length > 0; busy = runningOf(lanes)) await Promise.all(busy)
    },
  }
}

function newLoad(): Load {
  const load: Load = { people: new Set(), settled: Promise.withResolvers() }
  // Whoever added people may look much later, or never: it is told its trouble then, and Node ends no process for it.
  load.settled.promise.catch(() => {})
  return load
}

const runningOf = (lanes: ReadonlyMap<string, Lane>): readonly Promise<void>[] =>
  [...lanes.values()].flatMap(({ running }) => running ?? [])
