import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clock, type Greeter, greeter, host, plugin } from '../../test/harness.ts'
import { type AnyCapability, defineAdapter, defineCapability, type Edition, of, use } from '../index.ts'
import { type Call, type Kernel, startKernel } from './index.ts'

interface Worker {
  work(signal?: AbortSignal): Promise<unknown>
  sum(...numbers: readonly number[]): number
  numbers(signal?: AbortSignal): AsyncIterable<number>
}

const worker = defineCapability({
  id: 'test.worker/1',
  arity: 'one',
  type: of<Worker>(),
  guard: (provider, tools) => ({
    work: (signal) =>
      tools.call({ operation: 'work', limitMs: 20, ...(signal === undefined ? {} : { signal }), run: (limited) => provider.work(limited) }),
    sum(...numbers) {
      const sum = tools.callSync({ operation: 'sum', run: () => provider.sum(...numbers) })
      if (!Number.isFinite(sum)) throw tools.violation('sum', `${sum} is no finite number`)
      return sum
    },
    numbers: (signal) =>
      tools.stream({
        operation: 'numbers',
        stepLimitMs: 20,
        ...(signal === undefined ? {} : { signal }),
        run: (limited) => provider.numbers(limited),
      }),
  }),
})

const forever = (): Promise<never> => new Promise(() => {})

/** Starts one worker and collects every traced call. */
async function working(behaviour: Partial<Worker>, adapters: Edition['adapters'] = []) {
  const calls: Call[] = []
  const provider: Worker = {
    work: async () => 'done',
    sum: (...all) => all.reduce((a, b) => a + b, 0),
    numbers: async function* () {},
    ...behaviour,
  }
  const own = plugin('worker', {}, { worker }, () => ({ provide: { worker: provider } }))
  const edition: Edition = Object.freeze({ $$type: '@tenon/Edition', name: 'test', plugins: [use(own, {})], choose: {}, adapters })
  const options = host({ onCall: (call) => void calls.push(call) })
  const kernel = await startKernel(edition, options)
  return {
    kernel,
    calls,
    time: options.clock,
    logger: options.logger,
    worker: kernel.get(worker),
    outcomes: () => calls.map(({ outcome }) => outcome),
  }
}

const errorOf = async (run: () => unknown): Promise<unknown> => {
  try {
    return await run()
  } catch (error) {
    return error
  }
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('guard tools', () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  beforeEach(() => void process.on('unhandledRejection', note))
  afterEach(async () => {
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled.splice(0)).toEqual([])
  })

  describe('call', () => {
    it('answers, traces and counts', async () => {
      const { kernel, worker: own, calls } = await working({})
      expect(await own.work()).toBe('done')
      expect(calls).toEqual([{ instance: 'worker', operation: 'work', outcome: 'ok', ms: expect.any(Number) }])
      const [work] = kernel.metrics().calls
      expect(work).toMatchObject({ instance: 'worker', operation: 'work', outcomes: { ok: 1, failed: 0 }, latency: { count: 1 } })
      expect(work?.latency.buckets.at(-1)).toEqual({ leMs: Number.POSITIVE_INFINITY, count: 1 })
    })

    it('gives a hanging provider up, fires its signal, and survives its late rejection', async () => {
      let signal: AbortSignal | undefined
      let reject = (_: Error): void => {}
      const { worker: own, outcomes } = await working({
        work: (given) => {
          signal = given
          return new Promise((_, fail) => {
            reject = fail
          })
        },
      })
      expect(await errorOf(() => own.work())).toMatchObject({
        code: 'TENON_PLUGIN_CALL_TIMEOUT',
        details: { instance: 'worker', operation: 'work', limitMs: 20 },
      })
      expect(signal?.aborted).toBe(true)
      reject(new Error('too late'))
      expect(outcomes()).toEqual(['timeout'])
    })

    it('turns synchronous throws and rejections into coded errors with their cause', async () => {
      const thrown = new Error('no')
      const throwing = await working({
        work: () => {
          throw thrown
        },
      })
      expect(await errorOf(() => throwing.worker.work())).toMatchObject({
        code: 'TENON_PLUGIN_CALL_FAILED',
        message: "'worker' failed in work: no",
        cause: thrown,
      })
      const rejecting = await working({ work: () => Promise.reject('plain text') })
      expect(await errorOf(() => rejecting.worker.work())).toMatchObject({
        code: 'TENON_PLUGIN_CALL_FAILED',
        details: { reason: 'plain text' },
      })
    })

    it('obeys the signal of the caller, before and during the call, and does not blame the plugin', async () => {
      let began = 0
      const {
        kernel,
        worker: own,
        outcomes,
      } = await working({
        work: () => {
          began += 1
          return forever()
        },
      })
      expect(await errorOf(() => own.work(AbortSignal.abort('gone')))).toMatchObject({ code: 'TENON_PLUGIN_CALL_ABORTED', cause: 'gone' })
      expect(began).toBe(0)
      for (let call = 0; call < 10; call += 1) {
        const controller = new AbortController()
        const pending = errorOf(() => own.work(controller.signal))
        controller.abort()
        expect(await pending).toMatchObject({ code: 'TENON_PLUGIN_CALL_ABORTED' })
      }
      expect(new Set(outcomes())).toEqual(new Set(['aborted']))
      expect(kernel.metrics().circuits).toEqual([{ instance: 'worker', state: 'closed' }])
    })

    it('survives a trace hook that throws, and complains once', async () => {
      const own = plugin('worker', {}, { greeter }, () => ({ provide: { greeter: { greet: async () => 'hi' } } }))
      const options = host({
        onCall: () => {
          throw new Error('bad hook')
        },
      })
      const edition: Edition = Object.freeze({ $$type: '@tenon/Edition', name: 'test', plugins: [use(own, {})], choose: {}, adapters: [] })
      await using kernel = await startKernel(edition, options)
      await kernel.get(greeter).greet('x')
      await kernel.get(greeter).greet('x')
      expect(options.logger.lines).toMatchObject([{ level: 'error', message: 'the onCall hook of the host threw: Error: bad hook' }])
    })
  })

  describe('circuit', () => {
    it('opens for all operations of the instance, shows in its health, and closes after a good probe', async () => {
      let broken = true
      const {
        kernel,
        worker: own,
        time,
        outcomes,
      } = await working({
        work: async () => {
          if (broken) throw new Error('down')
        },
      })
      for (let call = 0; call < 5; call += 1) await errorOf(() => own.work())
      expect(await errorOf(() => own.sum(1, 2))).toMatchObject({
        code: 'TENON_PLUGIN_CIRCUIT_OPEN',
        details: { operation: 'sum', retryAfterMs: 10_000 },
      })
      expect(await kernel.health()).toEqual({ worker: { status: 'degraded', reason: 'its circuit is open' } })
      expect(outcomes()).toEqual([...Array<string>(5).fill('failed'), 'refused'])
      time.advance(10_000)
      broken = false
      await own.work()
      expect(own.sum(1, 2)).toBe(3)
      expect(await kernel.health()).toEqual({ worker: { status: 'ok' } })
    })

    it('opens for a plugin that keeps breaking its contract', async () => {
      const { kernel, worker: own, outcomes } = await working({ sum: () => Number.NaN })
      const errors = []
      for (let call = 0; call < 10; call += 1) errors.push(await errorOf(() => own.sum()))
      expect(errors[0]).toMatchObject({
        code: 'TENON_CONTRACT_VIOLATION',
        message: "'worker' broke its contract in sum: NaN is no finite number",
      })
      expect(outcomes().filter((outcome) => outcome === 'violation')).toHaveLength(5)
      expect(kernel.metrics().circuits).toEqual([{ instance: 'worker', state: 'open' }])
    })

    it('lets a violation that is found inside a call pass, and counts it once', async () => {
      const inside = defineCapability({
        id: 'test.inside/1',
        arity: 'one',
        type: of<{ run(): Promise<void> }>(),
        guard: (_, tools) => ({
          run: () =>
            tools.call({
              operation: 'run',
              limitMs: 1_000,
              run: () => {
                throw tools.violation('run', 'never right')
              },
            }),
        }),
      })
      const own = plugin('inside', {}, { inside }, () => ({ provide: { inside: { run: async () => {} } } }))
      const edition: Edition = Object.freeze({ $$type: '@tenon/Edition', name: 'test', plugins: [use(own, {})], choose: {}, adapters: [] })
      await using kernel = await startKernel(edition, host())
      for (let call = 0; call < 4; call += 1)
        expect(await errorOf(() => kernel.get(inside).run())).toMatchObject({ code: 'TENON_CONTRACT_VIOLATION' })
      expect(kernel.metrics()).toMatchObject({ calls: [{ outcomes: { violation: 4, failed: 0 } }], circuits: [{ state: 'closed' }] })
      await errorOf(() => kernel.get(inside).run())
      expect(kernel.metrics().circuits).toMatchObject([{ state: 'open' }])
    })
  })

  describe('stream', () => {
    it('passes everything on', async () => {
      const { worker: own, outcomes } = await working({
        numbers: async function* () {
          yield* [1, 2, 3]
        },
      })
      expect(await collect(own.numbers())).toEqual([1, 2, 3])
      expect(outcomes()).toEqual(['ok'])
    })

    it('limits each step, and closes the provider without waiting for it', async () => {
      const { worker: own, outcomes } = await working({
        numbers: async function* () {
          yield 1
          await forever()
        },
      })
      const seen: number[] = []
      const error = await errorOf(async () => {
        for await (const number of own.numbers()) seen.push(number)
      })
      expect(seen).toEqual([1])
      expect(error).toMatchObject({ code: 'TENON_PLUGIN_CALL_TIMEOUT', details: { operation: 'numbers' } })
      expect(outcomes()).toEqual(['timeout'])
    })

    it('closes the provider when the consumer leaves', async () => {
      let closed = false
      const { worker: own, outcomes } = await working({
        numbers: async function* () {
          try {
            while (true) yield 1
          } finally {
            closed = true
          }
        },
      })
      for await (const _ of own.numbers()) break
      expect(closed).toBe(true)
      expect(outcomes()).toEqual(['ok'])
    })

    it('turns what the provider throws into a coded error, also when it can not even begin', async () => {
      const later = await working({
        numbers: async function* () {
          yield 1
          throw new Error('torn')
        },
      })
      expect(await errorOf(() => collect(later.worker.numbers()))).toMatchObject({
        code: 'TENON_PLUGIN_CALL_FAILED',
        details: { reason: 'torn' },
      })
      const never = await working({ numbers: () => ({}) as never })
      expect(await errorOf(() => collect(never.worker.numbers()))).toMatchObject({ code: 'TENON_PLUGIN_CALL_FAILED' })
    })

    it('ends when the caller gives up', async () => {
      const controller = new AbortController()
      const { worker: own } = await working({ numbers: () => ({ [Symbol.asyncIterator]: () => ({ next: forever }) }) })
      const pending = errorOf(() => collect(own.numbers(controller.signal)))
      controller.abort('enough')
      expect(await pending).toMatchObject({ code: 'TENON_PLUGIN_CALL_ABORTED', cause: 'enough' })
    })
  })

  describe('guards', () => {
    it('reach core capabilities, and get undefined where the host has none', async () => {
      const seen: unknown[] = []
      const curious = defineCapability({
        id: 'test.curious/1',
        arity: 'one',
        type: of<string>(),
        guard: (provider, tools) => {
          const missing: AnyCapability = { $$type: '@tenon/Capability', id: 'core.missing/1', arity: 'one' }
          seen.push(tools.core(clock)?.now(), tools.core(missing))
          return provider
        },
      })
      const own = plugin('own', {}, { curious }, () => ({ provide: { curious: 'x' } }))
      const edition: Edition = Object.freeze({ $$type: '@tenon/Edition', name: 'test', plugins: [use(own, {})], choose: {}, adapters: [] })
      await using _ = await startKernel(edition, host())
      expect(seen).toEqual([new Date('2026-01-01T00:00:00Z'), undefined])
    })

    it('can not be taken off by a plugin that brings its own copy of a contract', async () => {
      const bare = defineCapability({ id: 'test.greeter/1', arity: 'one', type: of<Greeter>() })
      const sneaky = plugin('sneaky', {}, { bare }, () => ({ provide: { bare: { greet: async () => 1 as never } } }))
      const edition: Edition = Object.freeze({
        $$type: '@tenon/Edition',
        name: 'test',
        plugins: [use(sneaky, {})],
        choose: {},
        adapters: [],
      })
      await using kernel = await startKernel(edition, host({ needs: { greeter } }))
      expect(await errorOf(() => kernel.get(greeter).greet('x'))).toMatchObject({ code: 'TENON_CONTRACT_VIOLATION' })
    })

    it('are those of the host where a plugin brings one of its own', async () => {
      const lax = defineCapability({ id: 'test.greeter/1', arity: 'one', type: of<Greeter>(), guard: (provider) => provider })
      const sneaky = plugin('sneaky', {}, { lax }, () => ({ provide: { lax: { greet: async () => 1 as never } } }))
      const edition: Edition = Object.freeze({
        $$type: '@tenon/Edition',
        name: 'test',
        plugins: [use(sneaky, {})],
        choose: {},
        adapters: [],
      })
      await using kernel = await startKernel(edition, host({ needs: { greeter } }))
      expect(await errorOf(() => kernel.get(greeter).greet('x'))).toMatchObject({ code: 'TENON_CONTRACT_VIOLATION' })
    })

    it('leave alone what is provided as it is: an adapter only fills what is missing', async () => {
      const modern = defineCapability({ id: 'test.greeter/2', arity: 'one', type: of<string>() })
      const adapters = [defineAdapter({ from: greeter, to: modern, adapt: () => 'adapted' })]
      const both = plugin('both', {}, { greeter, modern }, () => ({ provide: { greeter: { greet: async () => 'hi' }, modern: 'own' } }))
      const edition: Edition = Object.freeze({ $$type: '@tenon/Edition', name: 'test', plugins: [use(both, {})], choose: {}, adapters })
      await using kernel = await startKernel(edition, host())
      expect(kernel.get(modern)).toBe('own')
    })

    it('are put on once, also around what an adapter makes of an older provider', async () => {
      interface Modern {
        hello(name: string): Promise<string>
      }
      const modern = defineCapability({
        id: 'test.greeter/2',
        arity: 'one',
        type: of<Modern>(),
        guard: (provider, tools) => ({
          hello: (name) => tools.call({ operation: 'hello', limitMs: 1_000, run: () => provider.hello(name) }),
        }),
      })
      const latest = defineCapability({ id: 'test.greeter/3', arity: 'one', type: of<(name: string) => Promise<string>>() })
      const adapters = [
        defineAdapter({ from: modern, to: latest, adapt: (old) => (name) => old.hello(name) }),
        defineAdapter({ from: greeter, to: modern, adapt: (old) => ({ hello: (name) => old.greet(`${name}!`) }) }),
      ]
      const old = plugin('old', {}, { greeter }, () => ({ provide: { greeter: { greet: async (name: string) => `hi ${name}` } } }))
      const both = plugin('both', { modern, latest }, {}, async ({ needs }) => {
        expect(await needs.modern.hello('a')).toBe('hi a!')
        expect(await needs.latest('b')).toBe('hi b!')
        return { provide: {} }
      })
      const edition: Edition = Object.freeze({
        $$type: '@tenon/Edition',
        name: 'test',
        plugins: [use(both, {}), use(old, {})],
        choose: {},
        adapters,
      })
      await using kernel: Kernel = await startKernel(edition, host())
      expect(kernel.metrics().calls.map(({ operation, outcomes }) => [operation, outcomes.ok])).toEqual([['hello', 1]])
      expect(await kernel.get(greeter).greet('c')).toBe('hi c')
    })
  })

  describe('routes', () => {
    it('are behind the same limits, and absent in a worker', async () => {
      const web = plugin('web', {}, {}, () => ({
        provide: {},
        routes: (request: Request) => {
          if (request.url.endsWith('/boom')) throw new Error('boom')
          return new Response('hello')
        },
      }))
      const edition: Edition = Object.freeze({ $$type: '@tenon/Edition', name: 'test', plugins: [use(web, {})], choose: {}, adapters: [] })
      await using kernel = await startKernel(edition, host({ role: 'api' }))
      const handle = kernel.routes.get('web')
      expect(await (await handle?.(new Request('http://x/')))?.text()).toBe('hello')
      expect(await errorOf(() => handle?.(new Request('http://x/boom')))).toMatchObject({
        code: 'TENON_PLUGIN_CALL_FAILED',
        details: { operation: 'routes' },
      })
      await using quiet = await startKernel(edition, host({ role: 'worker' }))
      expect(quiet.routes.size).toBe(0)
    })
  })
})
