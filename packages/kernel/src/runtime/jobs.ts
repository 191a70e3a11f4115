import type { InstanceId, Job } from '../plugin/lifecycle.ts'
import { BREAKER_RULES, type Breaker, createBreaker } from './breaker.ts'
import { admitCall, type CallSubject } from './call.ts'
import { withDeadline } from './deadline.ts'
import { parseDuration } from './duration.ts'
import { JobUnknown } from './errors.ts'
import type { KernelClock, KernelLogger } from './logger.ts'

/** Named `<instance>/<job>`. */
export type JobId = string

/** A job of a plugin, as the kernel lists it. */
export interface KernelJob {
  readonly id: JobId
  readonly instance: InstanceId
  readonly name: string
  readonly everyMs: number
}

/** Runs `run` on one process of the fleet at a time, or not at all when another one holds the lease. */
export type Lease = (job: JobId, run: () => Promise<void>) => Promise<void>

export interface JobRunner {
  readonly jobs: readonly KernelJob[]
  /** Begins to run each job every so often; the first time after one interval. */
  start(): void
  /** Runs a job now, unless it is running: then it waits for that run. Rejects with a coded error when the job fails. */
  run(job: JobId): Promise<void>
  /** Fires the signals of running jobs, waits for them up to the limit, and runs nothing more. */
  stop(limitMs: number): Promise<void>
}

/** A job that takes longer is given up. */
export const LONGEST_JOB_MS = 6 * 3_600_000

/** A job that keeps failing rests like any other call of a plugin, but its failures are too rare for a window of time. */
const JOB_RULES = Object.freeze({ ...BREAKER_RULES, windowMs: Number.POSITIVE_INFINITY })

interface Entry extends KernelJob {
  readonly job: Job
  readonly subject: CallSubject
  running?: Promise<void> | undefined
  timer?: NodeJS.Timeout
}

export function createJobRunner(options: {
  readonly sources: readonly { readonly jobs: readonly Job[]; readonly subject: CallSubject }[]
  readonly clock: KernelClock
  readonly logger: KernelLogger
  readonly lease: Lease | undefined
}): JobRunner {
  const { sources, clock, logger, lease = (_job, run) => run() } = options
  const entries = sources.flatMap(({ jobs, subject }) => jobs.map((job) => entryOf(job, subject, createBreaker(clock, JOB_RULES))))
  const stopping = new AbortController()

  const runOnce = async ({ name, job, subject }: Entry): Promise<void> => {
    const call = admitCall(subject, `job ${name}`)
    const run = (signal: AbortSignal): Promise<void> => job.run(AbortSignal.any([signal, stopping.signal]))
    const outcome = await withDeadline({ limitMs: LONGEST_JOB_MS, run })
    if (outcome.kind === 'done') return call.succeed()
    throw call.fail(stopping.signal.aborted ? { kind: 'aborted', reason: stopping.signal.reason } : outcome, LONGEST_JOB_MS)
  }
  const leased = async (entry: Entry): Promise<void> => lease(entry.id, () => runOnce(entry))
  const run = (entry: Entry): Promise<void> => {
    const running =
      entry.running ??
      leased(entry).finally(() => {
        entry.running = undefined
      })
    entry.running = running
    return running
  }
  const tick = (entry: Entry): void => {
    if (entry.running !== undefined) return
    run(entry).catch((error: unknown) =>
      logger.error(`the job '${entry.id}' failed`, { job: entry.id, error: entry.subject.redactor.error(error) }),
    )
  }
  return Object.freeze({
    jobs: Object.freeze(entries.map(({ id, instance, name, everyMs }) => Object.freeze({ id, instance, name, everyMs }))),
    start() {
      for (const entry of entries) entry.timer = setEvery(entry.everyMs, () => tick(entry))
    },
    async run(id: JobId) {
      const entry = entries.find((known) => known.id === id)
      if (entry === undefined) throw JobUnknown.create({ job: id })
      await run(entry)
    },
    async stop(limitMs: number) {
      for (const entry of entries) clearInterval(entry.timer)
      stopping.abort(new Error('the kernel stops'))
      await withDeadline({ limitMs, run: () => Promise.allSettled(entries.map((entry) => entry.running)) })
    },
  })
}

function entryOf(job: Job, subject: CallSubject, breaker: Breaker): Entry {
  const everyMs = parseDuration(job.every)
  if (everyMs === undefined) throw new TypeError(`the job '${job.name}' runs every '${job.every}', which is no duration`)
  const { instance } = subject
  return { id: `${instance}/${job.name}`, instance, name: job.name, everyMs, job, subject: { ...subject, breaker } }
}

const LONGEST_TICK_MS = 86_400_000

/** Timers hold less than a month: a longer interval is counted in equal ticks. */
function setEvery(everyMs: number, run: () => void): NodeJS.Timeout {
  const ticks = Math.ceil(everyMs / LONGEST_TICK_MS)
  let ticked = 0
  return setInterval(() => {
    ticked = (ticked + 1) % ticks
    if (ticked === 0) run()
  }, everyMs / ticks)
}

/** What is wrong with the jobs that a plugin returned, or undefined. */
export function jobsProblem(jobs: readonly Job[]): string | undefined {
  const names = jobs.map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) return `two jobs are named '${repeated}'`
  const untimed = jobs.find(({ every }) => parseDuration(every) === undefined)
  return untimed === undefined
    ? undefined
    : `the job '${untimed.name}' runs every '${untimed.every}', which is no duration such as 30s, 10m or 1d`
}
