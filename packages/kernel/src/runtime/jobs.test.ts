import { describe, expect, it } from 'vitest'
import { host, plugin, until } from '../../test/harness.ts'
import { type Edition, type Job, type Role, use } from '../index.ts'
import { type Lease, PluginCircuitOpen, startKernel } from './index.ts'

async function withJobs(jobs: readonly Job[], options: { readonly role?: Role; readonly lease?: Lease; readonly drain?: number } = {}) {
  const worker = plugin('worker', {}, {}, () => ({ provide: {}, jobs }))
  const edition: Edition = Object.freeze({ $$type: '@tenon/Edition', name: 'test', plugins: [use(worker, {})], choose: {}, adapters: [] })
  const surroundings = host({ limits: { drain: options.drain ?? 1_000 }, ...options })
  return { kernel: await startKernel(edition, surroundings), ...surroundings }
}

const counting = (run: (signal: AbortSignal) => Promise<void> = async () => {}) => {
  const job = {
    name: 'count',
    every: '2ms',
    runs: 0,
    run(signal: AbortSignal) {
      job.runs += 1
      return run(signal)
    },
  }
  return job
}

describe('jobs', () => {
  it('are listed with their interval, and run again and again until the kernel stops', async () => {
    const job = counting()
    const { kernel } = await withJobs([job, { name: 'rare', every: '60d', run: async () => {} }])
    expect(kernel.jobs).toEqual([
      { id: 'worker/count', instance: 'worker', name: 'count', everyMs: 2 },
      { id: 'worker/rare', instance: 'worker', name: 'rare', everyMs: 5_184_000_000 },
    ])
    await until(() => job.runs >= 3)
    await kernel.stop()
    const { runs } = job
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(job.runs).toBe(runs)
  })

  it('do not run by themselves in an API process, but on demand', async () => {
    const job = counting()
    const { kernel } = await withJobs([job], { role: 'api' })
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(job.runs).toBe(0)
    await kernel.runJob('worker/count')
    expect(job.runs).toBe(1)
    await expect(kernel.runJob('worker/other')).rejects.toMatchObject({ code: 'TENON_JOB_UNKNOWN' })
    await kernel.stop()
  })

  it('never run twice at once', async () => {
    let running = 0
    let most = 0
    const job = counting(async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 7))
      running -= 1
    })
    const { kernel } = await withJobs([job])
    await Promise.all([kernel.runJob('worker/count'), kernel.runJob('worker/count')])
    await until(() => job.runs >= 4)
    await kernel.stop()
    expect(most).toBe(1)
  })

  it('that fail are logged and tried again, until their circuit opens; the instance itself stays callable', async () => {
    const job = counting(async () => {
      throw new Error('no')
    })
    const { kernel, logger, clock } = await withJobs([job])
    await until(() => logger.lines.some(({ fields }) => PluginCircuitOpen.is(fields?.error)))
    expect(job.runs).toBe(5)
    expect(logger.lines[0]).toMatchObject({
      level: 'error',
      message: "the job 'worker/count' failed",
      fields: { job: 'worker/count' },
    })
    expect(kernel.metrics().circuits).toEqual([{ instance: 'worker', state: 'closed' }])
    clock.advance(10_000)
    await until(() => job.runs === 6)
    await kernel.stop()
  })

  it('hear of the stop by their signal, and are waited for', async () => {
    const log: string[] = []
    const job = counting(
      (signal) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            setTimeout(() => {
              log.push('tidied up')
              resolve()
            }, 5)
          }),
        ),
    )
    const { kernel } = await withJobs([job])
    await until(() => job.runs === 1)
    await kernel.stop()
    expect(log).toEqual(['tidied up'])
  })

  it('that hang do not keep the kernel from stopping', async () => {
    const job = counting(() => new Promise(() => {}))
    const { kernel } = await withJobs([job], { drain: 10 })
    await until(() => job.runs === 1)
    await kernel.stop()
  })

  it('run only where the lease is given', async () => {
    const asked: string[] = []
    const job = counting()
    const { kernel } = await withJobs([job], {
      lease: async (id, run) => {
        asked.push(id)
        if (asked.length % 2 === 0) await run()
      },
    })
    await until(() => asked.length >= 6)
    await kernel.stop()
    expect(new Set(asked)).toEqual(new Set(['worker/count']))
    expect(job.runs).toBe(Math.floor(asked.length / 2))
  })

  it.each([
    [[{ name: 'odd', every: 'sometimes' }], "the job 'odd' runs every 'sometimes', which is no duration such as 30s, 10m or 1d"],
    [
      [
        { name: 'same', every: '1d' },
        { name: 'same', every: '2d' },
      ],
      "two jobs are named 'same'",
    ],
  ])('are checked in setup', async (jobs, reason) => {
    await expect(withJobs(jobs.map((job) => ({ ...job, run: async () => {} })))).rejects.toMatchObject({
      details: { step: 'setup', reason },
    })
  })
})
