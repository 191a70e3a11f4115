import type { CallContext, ProfileId } from '@tenon/kernel/contracts'
import type { BatchVerdict, IngestTransaction, Ruling, Rulings } from '@tenon/store'
import type { ResolutionTally } from '../identity/measure-resolution.ts'
import { type Resolution, resolveBatch, type Subject } from '../identity/resolve-batch.ts'
import type { OfPerson } from '../identity/work.ts'
import type { LogPiece } from '../log/event-log.ts'
import { keysOf } from './batch-keys.ts'
import { isDataFault } from './data-fault.ts'
import { few, poisonOf } from './faults.ts'
import { type Failure, type Incoming, type IncomingBatch, settledOf } from './incoming.ts'
import { isolate } from './isolate.ts'
import { lateOf, type RulingsOfBatch } from './rulings.ts'
import type { BatchMode, Station } from './station.ts'

/** An event that counts: it was not there before, or nobody needs to know whether it was. */
export interface OpenedEvent {
  readonly incoming: Incoming
  /** Whose it is, where that was asked. */
  readonly profile?: ProfileId
  /** Who else it speaks of, where it goes no further. */
  readonly also?: readonly ProfileId[]
  /** Of nobody, and agrees itself. */
  readonly agrees?: true
  /** Why it goes no further. */
  readonly ruling?: Ruling
}

/** A batch of which the store knows what is new in it, and whose it is. */
export interface OpenedEvents {
  readonly batch: number
  /** When it was opened first. */
  readonly openedAt: Date
  /** What was judged before a crash. */
  readonly verdict: BatchVerdict | undefined
  readonly events: readonly OpenedEvent[]
  /** Refusals that were never seen before. */
  readonly refused: readonly Failure[]
  /** Failed events that their senders have sent again in the meantime. */
  readonly repeated: readonly Failure[]
  /** What finding out whose they are has come to, this time. */
  readonly resolutions: readonly ResolutionTally[]
}

type Opening = Pick<IncomingBatch, 'events' | 'refusedOnce'> & { readonly piece: LogPiece; readonly rulings: RulingsOfBatch }

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
  const suspects = events.filter(({ place }) => isAskedFor(rulings.all.get(place)))
  const culprits = few(await isolate(suspects, async (part) => void (await open(part, rulings)), isDataFault), events.length)
  const poisoned = new Map([...culprits].map(([{ place }, error]) => [place, poisonedBy(error, rulings.all.get(place), mode)]))
  return open(events, { all: new Map([...rulings.all, ...poisoned]), more: { ...rulings.more, ...Object.fromEntries(poisoned) } })
}

/** Whether somebody is looked up for it: also what a transformation stopped speaks of a person. */
const isAskedFor = (ruling: Ruling | undefined): boolean => ruling === undefined || ruling.stage === 'transform'

function poisonedBy(error: unknown, before: Ruling | undefined, mode: BatchMode): Ruling {
  const ruling: Ruling = { ...poisonOf('open', error), keep: before?.keep ?? 'payload' }
  if (before === undefined) return inMode(ruling, mode)
  return before.late === true ? lateOf(ruling) : ruling
}

const inMode = (ruling: Ruling, { standing }: BatchMode): Ruling => (standing === undefined ? ruling : lateOf(ruling))

async function openWith(
  { piece, events, refusedOnce, rulings }: Opening,
  standing: Rulings | undefined,
  station: Station,
  mode: BatchMode,
): Promise<OpenedEvents & { readonly rulings: Rulings }> {
  const { keys, freshOf } = keysOf(events, refusedOnce, rulings.all)
  const { batch, openedAt, fresh, result, verdict, ...opened } = await station.store.ingest.openBatch({
    stream: station.stream,
    from: piece.from,
    to: piece.next,
    events: keys,
    ...(standing === undefined ? {} : { standing }),
    rulings: rulings.more,
    workspaces: rulings.all.size === 0 ? [] : [...new Set(events.map(({ workspace }) => workspace))],
    async resolve(transaction, places) {
      const subjects = eventsAt(events, freshOf(places).events).flatMap((incoming) => subjectOf(incoming, rulings))
      return findOwners(transaction, subjects, station, mode)
    },
  })
  for (const { change } of result.resolutions) station.cache.learn(change)
  const parts = freshOf(fresh)
  return {
    batch,
    openedAt,
    verdict,
    rulings: opened.rulings,
    events: eventsAt(events, parts.events).map((incoming) => openedOf(incoming, rulings, result)),
    refused: parts.refusals.flatMap((index) => refusedOnce[index]?.failure ?? []),
    repeated: eventsAt(events, parts.repeated).flatMap((incoming) =>
      incoming.replay === undefined ? [] : [settledOf(incoming, incoming.replay, 'duplicate')],
    ),
    resolutions: result.resolutions.map(({ tally }) => tally),
  }
}

const eventsAt = (events: readonly Incoming[], indexes: readonly number[]): readonly Incoming[] =>
  indexes.flatMap((index) => events[index] ?? [])

interface BatchSubject extends Subject {
  readonly workspace: string
}

function subjectOf(incoming: Incoming, { all }: RulingsOfBatch): readonly BatchSubject[] {
  const ruling = all.get(incoming.place)
  if (ruling === undefined) return [incoming]
  return isAskedFor(ruling) ? [{ ...incoming, stopped: ruling.keep }] : []
}

function openedOf(incoming: Incoming, { all }: RulingsOfBatch, { found, blamed }: Owners): OpenedEvent {
  const owner = found.get(incoming.place)
  const ruling = all.get(incoming.place) ?? blamed[incoming.place]
  return ruling === undefined ? { incoming, ...owner } : { incoming, ...owner, ruling }
}

/** By place: whose events are, or why nobody can say. */
interface Owners {
  readonly found: ReadonlyMap<string, OfPerson>
  readonly blamed: Rulings
  /** What to remember of people, once the transaction is committed. */
  readonly resolutions: readonly Resolution[]
}

/** What the identity policy fails on is written down with what it does: otherwise it may do it after a crash, and the batch is another one. */
async function findOwners(
  transaction: IngestTransaction,
  events: readonly BatchSubject[],
  { identity, gate, cache, clock, signal }: Station,
  mode: BatchMode,
): Promise<Owners> {
  const now = clock.now()
  const found = new Map<string, OfPerson>()
  const blamed: Record<string, Ruling> = {}
  const resolutions: Resolution[] = []
  for (const [workspace, subjects] of Map.groupBy(events, ({ workspace: of }) => of)) {
    const context: CallContext = { workspace, purpose: 'collect', now, signal }
    const asked = { transaction: transaction.in(workspace), subjects, policy: identity, gate, cache, context, blamed: mode.blamed }
    const resolution = await resolveBatch(asked)
    resolutions.push(resolution)
    for (const [index, { place, stopped }] of subjects.entries()) {
      const one = resolution.found[index] ?? { profile: 0 }
      if ('profile' in one) found.set(place, one)
      else if (stopped === undefined) blamed[place] = inMode({ stage: 'identity', ...one, keep: 'payload' }, mode)
    }
  }
  if (Object.keys(blamed).length > 0) await transaction.rule(blamed)
  return { found, blamed, resolutions }
}
