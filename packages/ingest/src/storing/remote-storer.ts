import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@tenon/kernel/contracts'
import { StoringEnded, StoringSilent } from '../errors.ts'
import type { WorkerEvents } from '../worker/worker.ts'
import type { Ends, Storer } from './storer.ts'
import { ALIVE_EVERY_MS, type FromStoring, type StoringPort, type ToStoring } from './storing-messages.ts'

/** A process that stores, from its start to its end. */
export interface StoringProcess extends StoringPort<FromStoring, ToStoring> {
  /** Resolves with the way in which it ended, once all that it sent was delivered; never rejects. */
  readonly ended: Promise<string>
  kill(): void
}

/** How many signs of life may fail to come in a row. One comes each second. */
export interface Patience {
  /** Then it is told of. */
  readonly silentBeats: number
  /** Then the process is ended. */
  readonly deadBeats: number
  /** The same before the first one: a machine that is short of time takes long to start anything. */
  readonly unbornBeats: number
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000
/** One that ran so long is started again at once. */
const STABLE_MS = 30_000
/** What it may take to leave; the next goes on from wherever it was. */
const LEAVE_MS = 4_000
const PATIENCE: Patience = Object.freeze({ silentBeats: 15, deadBeats: 60, unbornBeats: 300 })
/** Growth is told once in so many milliseconds: a batch waits longer for others, and each message wakes a process. */
const TELL_MS = 20

/**
 * Stores a local log in a process of its own, so that those who wait for an answer do not wait for what storing computes. The log is
 * written, and what was stored is deleted from it, here. A process that ends is started again: the store knows where it was.
 */
export function createRemoteStorer(options: {
  readonly folder: string
  readonly launch: () => StoringProcess
  readonly logger: Logger
  /** With one that says nothing any more. */
  readonly patience?: Patience
}): Storer {
  const { folder, launch, logger, patience = PATIENCE } = options
  return async (line, ends, events) => {
    const leave = AbortSignal.any([ends.signal, ends.leave])
    let pause = FIRST_PAUSE_MS
    while (!leave.aborted) {
      const began = performance.now()
      const reason = await follow(launch(), { folder, line, leave, events, logger, patience })
      if (leave.aborted) return
      if (performance.now() - began > STABLE_MS) pause = FIRST_PAUSE_MS
      events.onTrouble(StoringEnded.code)
      logger.error('the process that stores events ended; it is started again', { reason, pauseMs: pause })
      await delay(pause, undefined, { signal: leave }).catch(() => undefined)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
  }
}

/** Works with one process until it has ended, and everything that it said was heard. */
async function follow(child: StoringProcess, { folder, line, leave, events, logger, patience }: Following): Promise<string> {
  const { log, stream } = line
  const over = new AbortController()
  let hearing = Promise.resolve()

  async function hear(message: Exclude<FromStoring, { kind: 'alive' }>): Promise<void> {
    if (message.kind === 'trouble') events.onTrouble(message.code)
    else if (message.kind === 'stored') {
      // It is stored: what the log keeps too long costs room and nothing else.
      await log
        .release(message.position)
        .catch((error: unknown) => logger.warn('what is stored could not be deleted from the log', { error }))
      events.onStored(message.stored, message.position)
    } else {
      const ok = await events.onPosition(message.position).then(
        () => true,
        (error: unknown) => {
          logger.error('where the log is stored up to could not be made use of', { error })
          return false
        },
      )
      void child.send({ kind: 'heard', ok })
    }
  }

  const beats = countBeats(patience, {
    ended: over.signal,
    onSilent: () => events.onTrouble(StoringSilent.code),
    onWell: events.onWell,
    onDead() {
      logger.error('the process that stores events says nothing any more and is ended')
      child.kill()
    },
  })
  child.onMessage((message) => {
    beats.heard()
    if (message.kind === 'alive') return
    hearing = hearing.then(() => hear(message))
    hearing.catch(() => child.kill())
  })
  const first = log.state().end
  void child.send({ kind: 'store', folder, stream, end: first })
  const stop = (): void => {
    void child.send({ kind: 'leave' })
    void delay(LEAVE_MS, undefined, { signal: over.signal, ref: false }).then(child.kill, () => undefined)
  }
  if (leave.aborted) stop()
  else leave.addEventListener('abort', stop, { once: true })
  const telling = tellGrowth(line, first, AbortSignal.any([leave, over.signal]), (end) => child.send({ kind: 'end', end }))
  const reason = await child.ended
  over.abort()
  leave.removeEventListener('abort', stop)
  await telling
  await hearing.catch((error: unknown) => logger.error('what the process that stores said could not be made use of', { error }))
  return reason
}

/** Counts beats of our own, and not time: who slept himself has nothing to say about others. */
function countBeats(
  { silentBeats, deadBeats, unbornBeats }: Patience,
  told: {
    readonly ended: AbortSignal
    readonly onSilent: () => void
    readonly onWell: () => void
    readonly onDead: () => void
  },
): { heard(): void } {
  let missed = 0
  let deadline = unbornBeats
  const timer = setInterval(() => {
    missed += 1
    if (missed === silentBeats) told.onSilent()
    if (missed === deadline) told.onDead()
  }, ALIVE_EVERY_MS)
  timer.unref()
  told.ended.addEventListener('abort', () => clearInterval(timer), { once: true })
  return {
    heard() {
      if (missed >= silentBeats) told.onWell()
      missed = 0
      deadline = deadBeats
    },
  }
}

interface Following {
  readonly folder: string
  readonly line: Parameters<Storer>[0]
  readonly leave: Ends['leave']
  readonly events: WorkerEvents
  readonly logger: Logger
  readonly patience: Patience
}

async function tellGrowth(
  { log }: Following['line'],
  from: number,
  until: AbortSignal,
  tell: (end: number) => Promise<void>,
): Promise<void> {
  for (let told = from; ; ) {
    await log.whenBeyond(told, until)
    if (until.aborted) return
    told = log.state().end
    await Promise.all([tell(told), delay(TELL_MS, undefined, { signal: until }).catch(() => undefined)])
  }
}
