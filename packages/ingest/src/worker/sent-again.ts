import type { StoredMessage } from '@tenon/analytics'
import { errorCode } from '@tenon/kernel'
import { failureOf } from './incoming.ts'
import type { KeptEvent, LateEvent } from './judge-events.ts'
import type { Station } from './station.ts'
import { nameOf, storedAmong } from './stored-among.ts'

/** For clocks that differ. */
const DAY_MS = 86_400_000

/** Replayed events of one workspace that may be stored already. */
export interface LookedUp {
  readonly workspace: string
  /** Whether that could be found out in time. */
  readonly isSure: boolean
  /** They are not. */
  readonly kept: readonly KeptEvent[]
  /** They are: their senders have sent them again. */
  readonly again: readonly KeptEvent[]
  /** Stored where this very batch has written them before a crash; otherwise they fail once more. */
  readonly late: readonly LateEvent[]
}

export interface SentAgain {
  /** All others. */
  readonly certain: readonly KeptEvent[]
  readonly lookedUp: readonly LookedUp[]
}

/**
 * Finds replayed events that are stored already: what the dedup window has forgotten by now is looked up in the engine. To be asked when
 * all batches before this one are written. Nobody else waits for a look-up that is too much for the engine.
 */
export async function sentAgain(events: readonly KeptEvent[], batch: number, station: Station): Promise<SentAgain> {
  if (events.every(({ replay }) => replay === undefined)) return { certain: events, lookedUp: [] }
  const since = await rememberedSince(station)
  // Of stage `write`: it may be there after all, written by a process that was believed dead.
  const isDoubtful = ({ replay, event }: KeptEvent): boolean =>
    replay !== undefined && (event.receivedAt.getTime() < since || replay.stage === 'write')
  const doubtful = events.filter(isDoubtful)
  if (doubtful.length === 0) return { certain: events, lookedUp: [] }
  const here = new Set(events.flatMap(({ workspace, event, replay }) => (replay === undefined ? [nameOf(workspace, event)] : [])))
  const lookedUp: LookedUp[] = []
  for (const [workspace, members] of Map.groupBy(doubtful, (event) => event.workspace))
    lookedUp.push(dividedBy(await lookUp(workspace, members, station), { workspace, members, here, batch, station }))
  return { certain: events.filter((event) => !isDoubtful(event)), lookedUp }
}

/** Whatever came from then on, the store knows it. Asked after the batch was opened: what was forgotten by then counts. */
async function rememberedSince({ store }: Station): Promise<number> {
  const forgotten = await store.ingest.forgottenBefore()
  return forgotten === undefined ? Number.NEGATIVE_INFINITY : forgotten.getTime() + DAY_MS
}

/** Undefined where it is too much for the engine: that says nothing about other workspaces. */
async function lookUp(workspace: string, events: readonly KeptEvent[], station: Station): Promise<readonly StoredMessage[] | undefined> {
  try {
    return await storedAmong(workspace, events, station)
  } catch (error) {
    if (errorCode(error) !== 'TENON_ANALYTICS_LIMIT') throw error
    return undefined
  }
}

function dividedBy(
  rows: readonly StoredMessage[] | undefined,
  asked: {
    readonly workspace: string
    readonly members: readonly KeptEvent[]
    /** What the batch has without them; those of them that come first are added. */
    readonly here: Set<string>
    readonly batch: number
    readonly station: Station
  },
): LookedUp {
  const { workspace, members, here, batch, station } = asked
  const batches = Map.groupBy(rows ?? [], (row) => nameOf(workspace, row))
  const [kept, again, late]: [KeptEvent[], KeptEvent[], LateEvent[]] = [[], [], []]
  for (const one of members) {
    const name = nameOf(workspace, one.event)
    const found = batches.get(name) ?? []
    if (here.has(name) || found.some((row) => row.batch !== batch)) again.push(one)
    else if (rows === undefined || found.length > 0) late.push(unsureOf(one, station))
    else kept.push(one)
    here.add(name)
  }
  return { workspace, isSure: rows !== undefined, kept, again, late }
}

const unsureOf = (one: KeptEvent, { stream }: Station): LateEvent => ({
  ...one,
  failure: failureOf(stream, one, {
    stage: 'write',
    code: 'NOT_LOOKED_UP',
    reason: 'whether it is stored already could not be found out in time; replay it again, with fewer others',
  }),
})
