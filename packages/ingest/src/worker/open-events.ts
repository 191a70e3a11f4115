import type { CallContext, ProfileId } from '@tenon/kernel/contracts'
import type { BatchVerdict, IngestTransaction, Ruling, Rulings } from '@tenon/store'
import { measureResolution } from '../identity/measure-resolution.ts'
import { type Resolution, resolveBatch } from '../identity/resolve-batch.ts'
import type { LogChunk } from '../log/event-log.ts'
import { keysOf } from './batch-keys.ts'
import { isDataFault } from './data-fault.ts'
import { few, poisonOf } from './faults.ts'
import { type Failure, type Incoming, type IncomingBatch, type RefusedOnce, settledOf } from './incoming.ts'
import { isolate } from './isolate.ts'
import { lateOf, type RulingsOfBatch } from './rulings.ts'
import type { BatchMode, Station } from './station.ts'

/** An event that counts: it was not there before, or nobody needs to know whether it was. */
export interface OpenedEvent {
  readonly incoming: Incoming
  /** Whose it is, where that was asked. */
  readonly profile?: ProfileId
  /** Why it goes no further. */
  readonly ruling?: Ruling
}

/** A batch of which the store knows what is new in it, and whose it is. */
export interface OpenedEvents {
  readonly batch: number
  /** What was judged before a crash. */
  readonly verdict: BatchVerdict | undefined
  readonly events: readonly OpenedEvent[]
  /** Refusals that were never seen before. */
  readonly refused: readonly Failure[]
  /** Failed events that their senders have sent again in the meantime. */
  readonly repeated: readonly Failure[]
}

type Opening = Pick<IncomingBatch, 'events' | 'refusedOnce'> & { readonly chunk: LogChunk; readonly rulings: RulingsOfBatch }

/**
 * Opens a batch: what is new in it and whose it is, in one transaction with all that was ruled about its events. Of data that Postgres
 * refuses, the events are found and ruled upon; they claim nothing.
 */
export async function openEvents(opening: Opening, station: Station, mode: BatchMode): Promise<OpenedEvents> {
  const { events, rulings } = opening
  let { standing } = mode
  const open = async (part: readonly Incoming[], ruled: RulingsOfBatch): Promise<OpenedEvents> => {
    const { rulings: written, ...opened } = await openWith({ ...opening, events: part, rulings: ruled }, standing, station, mode)
    standing = written
    return opened
  }
  if (!mode.isolating) return open(events, rulings)
  const suspects = events.filter(({ place }) => !rulings.all.has(place))
  const culprits = few(await isolate(suspects, async (part) => void (await open(part, rulings)), isDataFault), events.length)
  const poisoned = new Map(
    [...culprits].map(([{ place }, error]) => [place, inMode({ ...poisonOf('open', error), keep: 'payload' }, mode)]),
  )
  return open(events, { all: new Map([...rulings.all, ...poisoned]), more: { ...rulings.more, ...Object.fromEntries(poisoned) } })
}

const inMode = (ruling: Ruling, { standing }: BatchMode): Ruling => (standing === undefined ? ruling : lateOf(ruling))

async function openWith(
  { chunk, events, refusedOnce, rulings }: Opening,
  standing: Rulings | undefined,
  station: Station,
  mode: BatchMode,
): Promise<OpenedEvents & { readonly rulings: Rulings }> {
  const { keys, freshOf } = keysOf(events, refusedOnce, rulings.all)
  const { batch, fresh, result, verdict, ...opened } = await station.store.ingest.openBatch({
    stream: station.stream,
    from: chunk.from,
    to: chunk.next,
    events: keys,
    ...(standing === undefined ? {} : { standing }),
    rulings: rulings.more,
    async resolve(transaction, places) {
      const unruled = freshOf(places).events.flatMap((index) => {
        const incoming = events[index]
        return incoming === undefined || rulings.all.has(incoming.place) ? [] : [incoming]
      })
      return findOwners(transaction, unruled, station, mode)
    },
  })
  for (const { change, tally } of result.resolutions) {
    station.cache.learn(change)
    measureResolution(station.meter, tally)
  }
  const parts = freshOf(fresh)
  const at = <T>(list: readonly T[], index: number): readonly T[] => list.slice(index, index + 1)
  return {
    batch,
    verdict,
    rulings: opened.rulings,
    events: parts.events.flatMap((index) => at(events, index)).map((incoming) => openedOf(incoming, rulings, result)),
    refused: parts.refusals.flatMap((index) => at<RefusedOnce>(refusedOnce, index)).map(({ failure }) => failure),
    repeated: parts.repeated.flatMap((index) =>
      at(events, index).flatMap((incoming) => (incoming.replay === undefined ? [] : [settledOf(incoming, incoming.replay, 'duplicate')])),
    ),
  }
}

function openedOf(incoming: Incoming, rulings: RulingsOfBatch, { profiles, blamed }: Owners): OpenedEvent {
  const profile = profiles.get(incoming.place)
  const ruling = rulings.all.get(incoming.place) ?? blamed[incoming.place]
  return { incoming, ...(profile === undefined ? {} : { profile }), ...(ruling === undefined ? {} : { ruling }) }
}

/** By place: whose events are, or why nobody can say. */
interface Owners {
  readonly profiles: ReadonlyMap<string, ProfileId>
  readonly blamed: Rulings
  /** What to remember of people, once the transaction is committed. */
  readonly resolutions: readonly Resolution[]
}

/** What the identity policy fails on is written down with what it does: otherwise it may do it after a crash, and the batch is another one. */
async function findOwners(
  transaction: IngestTransaction,
  events: readonly Incoming[],
  { identity, gate, cache, clock, signal }: Station,
  mode: BatchMode,
): Promise<Owners> {
  const now = clock.now()
  const profiles = new Map<string, ProfileId>()
  const blamed: Record<string, Ruling> = {}
  const resolutions: Resolution[] = []
  for (const [workspace, subjects] of Map.groupBy(events, (incoming) => incoming.workspace)) {
    const context: CallContext = { workspace, purpose: 'collect', now, signal }
    const asked = { transaction: transaction.in(workspace), subjects, policy: identity, gate, cache, context, blamed: mode.blamed }
    const resolution = await resolveBatch(asked)
    resolutions.push(resolution)
    for (const [index, { place }] of subjects.entries()) {
      const one = resolution.found[index] ?? { profile: 0 }
      if ('profile' in one) profiles.set(place, one.profile)
      else blamed[place] = inMode({ stage: 'identity', ...one, keep: 'payload' }, mode)
    }
  }
  if (Object.keys(blamed).length > 0) await transaction.rule(blamed)
  return { profiles, blamed, resolutions }
}
