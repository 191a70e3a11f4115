import { copyLog, encodeFrame, LOG_HOLD, type LogHold, type SharedLog } from '@tenon/ingest'
import type { StoreSnapshot } from '@tenon/store'
import { alone, type LoneJob } from './alone.ts'
import type { BackupWriter } from './backup-folder.ts'
import type { Manifest } from './manifest.ts'

/** In front of the id of a log: its stream in the store. */
const OWN = 'log:'
const SHARED = 'jetstream:'

/** The logs that a backup copies: the one of this process, or those of a fleet. */
export interface BackupLogs {
  /** The log that this process writes, or that nobody writes now; absent where there is none. */
  readonly holdLog: () => LogHold | undefined
  readonly sharedLogs: () => readonly SharedLog[]
}

/** Logs of which nothing is deleted until they are let go. */
export interface HeldLogs {
  copy(snapshot: StoreSnapshot, writer: BackupWriter): Promise<Pick<Manifest, 'log' | 'streams'>>
  /** Open batches in streams whose logs are not here. */
  openElsewhere(snapshot: StoreSnapshot): readonly string[]
  /** Rejects where somebody may have deleted something meanwhile. */
  drop(): Promise<void>
}

/** Before the instant: what is stored right after it would be gone from the log. */
export async function holdLogs({ holdLog, sharedLogs }: BackupLogs, job: Omit<LoneJob, 'job'>): Promise<HeldLogs> {
  const shared = sharedLogs()
  const letGo = shared.length === 0 ? undefined : await holdShared(job)
  const own = holdLog()
  const ids = new Set([...(own === undefined ? [] : [`${OWN}${own.id}`]), ...shared.map(({ id }) => `${SHARED}${id}`)])
  return {
    async copy(snapshot, writer) {
      const streams: NonNullable<Manifest['streams']> = []
      for (const log of shared) streams.push(await copyShared(log, snapshot, writer))
      return {
        ...(own === undefined ? {} : { log: await copyOwn(own, snapshot, writer) }),
        ...(streams.length === 0 ? {} : { streams }),
      }
    },
    openElsewhere: ({ streams }) =>
      streams.flatMap(({ stream, position, openTo }) => (openTo > position && !ids.has(stream) ? [stream] : [])),
    async drop() {
      await own?.drop()
      await letGo?.()
    },
  }
}

/** Everybody in the fleet sees the lease, and deletes nothing. Resolves with how to give it back. */
async function holdShared(job: Omit<LoneJob, 'job'>): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const holding = alone({ ...job, job: LOG_HOLD }, async () => {
    held.resolve()
    await over.promise
  })
  holding.catch(held.reject)
  await held.promise
  return async () => {
    over.resolve()
    await holding
  }
}

const positionOf = ({ streams }: StoreSnapshot, name: string): number => streams.find(({ stream }) => stream === name)?.position ?? 0

async function copyOwn(hold: LogHold, snapshot: StoreSnapshot, writer: BackupWriter): Promise<NonNullable<Manifest['log']>> {
  const from = positionOf(snapshot, `${OWN}${hold.id}`)
  const until = Math.max(from, hold.end())
  const files: NonNullable<Manifest['log']>['files'] = []
  for await (const { base, bytes } of copyLog(hold, from, until)) {
    const file = await writer.write(`log/${String(base).padStart(16, '0')}.zst`, [bytes])
    files.push({ ...file, base })
  }
  return { id: hold.id, from, until, files }
}

/** Messages as they are: which records share one decides about the places of events, and those about verdicts on open batches. */
async function copyShared(
  log: SharedLog,
  snapshot: StoreSnapshot,
  writer: BackupWriter,
): Promise<NonNullable<Manifest['streams']>[number]> {
  const { name, id } = log
  const from = positionOf(snapshot, `${SHARED}${id}`)
  const until = Math.max(from, await log.end())
  let events = 0
  async function* frames(): AsyncGenerator<Uint8Array> {
    for await (const message of log.messages(from, until)) {
      events += message.parts
      yield* encodeFrame(message)
    }
  }
  const files = until === from ? [] : [await writer.write(`log/${name}.${String(from).padStart(16, '0')}.zst`, frames())]
  return { name, id, from, until, events, files }
}
