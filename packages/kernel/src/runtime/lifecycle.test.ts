import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { greeter, host, letters, nothing, numbered, plugin, politeGreeter } from '../../test/harness.ts'
import {
  type AnyCapability,
  atLeastOne,
  defineCapability,
  defineEdition,
  definePlugin,
  type Edition,
  of,
  optional,
  type Running,
  type Use,
  use,
} from '../index.ts'
import {
  CapabilityUnavailable,
  type Kernel,
  PluginNotRunning,
  PluginStepFailed,
  PluginStepTimeout,
  perInstance,
  startKernel,
} from './index.ts'

const edition = (plugins: readonly Use[], choose: Edition['choose'] = {}): Edition =>
  Object.freeze({ $$type: '@tenon/Edition', name: 'test', plugins, choose, adapters: [] })

const forever = (): Promise<never> => new Promise(() => {})

/** A plugin that writes down what is done with it. */
const recorded = (
  name: string,
  log: string[],
  behaviour: Partial<Running<Record<never, never>>> & { setup?: () => void | Promise<void>; close?: () => void | Promise<void> } = {},
) =>
  use(
    plugin(name, {}, {}, async ({ onClose }) => {
      onClose(async () => {
        log.push(`close ${name}`)
        await behaviour.close?.()
      })
      log.push(`setup ${name}`)
      await behaviour.setup?.()
      return {
        provide: {},
        start: async (signal) => {
          log.push(`start ${name}`)
          await behaviour.start?.(signal)
        },
        drain: async (signal) => {
          log.push(`drain ${name}`)
          await behaviour.drain?.(signal)
        },
        ...(behaviour.health === undefined ? {} : { health: behaviour.health }),
      }
    }),
    {},
  )

const failure = async (start: Promise<unknown>): Promise<unknown> => start.catch((error: unknown) => error)

describe('startKernel', () => {
  it('starts what the needs of the host reach, where it is told to start no more; and refuses what is wrong beyond that as well', async () => {
    const log: string[] = []
    const letter = plugin('letter', {}, { letter: letters }, () => ({ provide: { letter: 'a' } }))
    const spelling = plugin('spelling', { letters: atLeastOne(letters) }, { greeter }, ({ needs }) => ({
      provide: { greeter: { greet: async () => [...needs.letters.values()].join('') } },
    }))
    const plugins = [recorded('apart', log), use(spelling, {}), use(letter, {})]
    const options = { ...host({ needs: { greeter } }), scope: 'needs' as const }
    await using kernel = await startKernel(edition(plugins), options)
    expect(kernel.order).toEqual(['letter', 'spelling'])
    expect(await kernel.needs.greeter.greet('Ann')).toBe('a')
    expect(Object.keys(await kernel.health())).toHaveLength(2)
    expect(log).toEqual([])
    const broken = use(
      plugin('broken', { number: numbered(1) }, {}, () => ({ provide: {} })),
      {},
    )
    expect(await failure(startKernel(edition([...plugins, broken]), options))).toMatchObject({ code: 'TENON_EDITION_INVALID' })
  })

  it('hands over what is needed: one, chosen, optional, many in the written order, and core', async () => {
    const letter = (name: string) =>
      use(
        plugin('letter', {}, { letter: letters }, () => ({ provide: { letter: name } })),
        {},
        { as: name },
      )
    const seen: unknown[] = []
    const consumer = plugin(
      'consumer',
      { greeter, maybe: optional(greeter), letters, some: atLeastOne(letters) },
      {},
      async ({ needs }) => {
        seen.push(await needs.greeter.greet('Ann'), needs.maybe === needs.greeter, [...needs.letters], needs.some.size)
        return { provide: {} }
      },
    )
    const rude = plugin('rude', {}, { greeter }, () => ({ provide: { greeter: { greet: async () => 'oi' } } }))
    const plugins = [use(consumer, {}), letter('b'), letter('a'), use(politeGreeter, {}), use(rude, {})]
    await using kernel = await startKernel(edition(plugins, { 'test.greeter/1': 'rude' }), host({ needs: { greeter } }))
    expect(seen).toEqual([
      'oi',
      true,
      [
        ['b', 'b'],
        ['a', 'a'],
      ],
      2,
    ])
    expect(kernel.order).toEqual(['rude', 'b', 'a', 'consumer', 'greeter'])
    expect(await kernel.get(greeter).greet('x')).toBe('oi')
  })

  it('types and guards what the host needs', async () => {
    await using kernel = await startKernel(defineEdition({ name: 'typed', plugins: [use(politeGreeter, {})] }), {
      ...host(),
      needs: { hello: greeter, letters, none: optional(greeter) },
    })
    const greeting: string = await kernel.needs.hello.greet('Bo')
    expect(greeting).toBe('good day, Bo')
    expect(kernel.needs.letters.size).toBe(0)
    expect(kernel.metrics().calls).toMatchObject([{ instance: 'greeter', operation: 'greet', outcomes: { ok: 1 } }])
  })

  it('hands each instance its own of what the host makes per instance', async () => {
    const place = defineCapability({ id: 'core.place/1', arity: 'one', type: of<string>() })
    const seen: string[] = []
    const owner = plugin('owner', { place, maybe: optional(place) }, {}, ({ needs }) => {
      seen.push(needs.place, String(needs.maybe))
      return { provide: {} }
    })
    const core = new Map<AnyCapability, unknown>([[place, perInstance((instance) => `place of ${instance}`)]])
    await using kernel = await startKernel(edition([use(owner, {}, { as: 'a' }), use(owner, {}, { as: 'b' })]), host({ core }))
    expect(seen).toEqual(['place of a', 'place of a', 'place of b', 'place of b'])
    expect(() => kernel.get(place)).toThrow('core.place/1')
  })

  it('migrates all before setting up any, and says which instance', async () => {
    const log: string[] = []
    const migrations = { postgres: { steps: { '1_a': { sql: 'select 1' } } } }
    const owner = definePlugin({
      id: 'owner',
      version: '1.0.0',
      config: nothing,
      needs: {},
      provides: {},
      migrations,
      setup() {
        log.push('setup')
        return { provide: {} }
      },
    })
    const migrate = async (request: { instance: string; plugin: string; migrations: object }) =>
      void log.push(`migrate ${request.instance} ${request.plugin} ${request.migrations === migrations}`)
    await using kernel = await startKernel(edition([use(owner, {}, { as: 'a' }), use(owner, {}, { as: 'b' })]), host({ migrate }))
    expect(log).toEqual(['migrate a owner true', 'migrate b owner true', 'setup', 'setup'])
    expect(kernel.instances[0]?.times).toMatchObject({
      validate: expect.any(Number),
      migrate: expect.any(Number),
      setup: expect.any(Number),
      start: expect.any(Number),
    })
  })

  it.each(['setup', 'start'] as const)(
    'releases everything when %s fails, and tells the rest without losing the first error',
    async (step) => {
      const log: string[] = []
      const boom = () => {
        throw new Error('boom')
      }
      const sticky = () => {
        throw new Error('stuck')
      }
      const plugins = [recorded('a', log), recorded('b', log, { close: sticky }), recorded('c', log, { [step]: boom }), recorded('d', log)]
      const options = host()
      const error = await failure(startKernel(edition(plugins), options))
      if (!PluginStepFailed.is(error)) throw error
      expect(error.details).toMatchObject({ instance: 'c', step, reason: 'boom', whileReleasing: ["'b' in 'close': stuck"] })
      expect(error.message).toContain(`'c' (c) failed in '${step}': boom`)
      expect(error.cause).toMatchObject({ message: 'boom' })
      const closed = log.filter((line) => line.startsWith('close'))
      expect(closed).toEqual(step === 'setup' ? ['close c', 'close b', 'close a'] : ['close d', 'close c', 'close b', 'close a'])
      expect(log.filter((line) => line.startsWith('drain'))).toEqual(step === 'setup' ? [] : ['drain b', 'drain a'])
    },
  )

  it.each(['migrate', 'setup', 'start'] as const)('names the plugin, the step and the limit when %s hangs', async (step) => {
    const hanging = definePlugin({
      id: 'hanging',
      version: '1.0.0',
      config: nothing,
      needs: {},
      provides: {},
      migrations: { postgres: { steps: {} } },
      setup: () => (step === 'setup' ? forever() : { provide: {}, start: forever }),
    })
    const migrate = step === 'migrate' ? forever : async () => {}
    const error = await failure(startKernel(edition([use(hanging, {}, { as: 'mine' })]), host({ migrate, limits: { [step]: 15 } })))
    if (!PluginStepTimeout.is(error)) throw error
    expect(error.details).toMatchObject({ instance: 'mine', plugin: 'hanging', step, limitMs: 15 })
    expect(error.message).toBe(`'mine' (hanging) did not finish '${step}' in 15 ms`)
  })

  it('releases what a setup registers after it was given up, and survives its late rejection', async () => {
    const log: string[] = []
    let awake = () => {}
    const late = plugin('late', {}, {}, async ({ onClose }) => {
      await new Promise<void>((resolve) => {
        awake = resolve
      })
      onClose(() => void log.push('released'))
      throw new Error('too late')
    })
    const error = await failure(startKernel(edition([use(late, {})]), host({ limits: { setup: 10 } })))
    expect(PluginStepTimeout.is(error)).toBe(true)
    awake()
    await new Promise((resolve) => setImmediate(resolve))
    expect(log).toEqual(['released'])
  })

  it('takes nothing from a setup that answers after it was given up', async () => {
    let awake = () => {}
    const late = plugin('late', {}, { greeter }, async () => {
      await new Promise<void>((resolve) => {
        awake = resolve
      })
      return { provide: { greeter: { greet: async () => 'late' } } }
    })
    await using kernel = await startKernel(edition([use(late, {}, { onFailure: 'continue' })]), host({ limits: { setup: 10 } }))
    awake()
    await new Promise((resolve) => setImmediate(resolve))
    expect(kernel.instances[0]).toMatchObject({ state: 'failed', reason: 'setup: not finished in 10 ms' })
    expect(() => kernel.get(greeter)).toThrow('its provider does not run')
  })

  it('refuses a setup that does not return what it provides', async () => {
    const empty = plugin('empty', {}, { greeter }, () => ({ provide: {} as never }))
    expect(await failure(startKernel(edition([use(empty, {})]), host()))).toMatchObject({
      message: "'empty' (empty) failed in 'setup': setup did not return provide.greeter, which is 'test.greeter/1'",
    })
    const nothingAtAll = plugin('empty', {}, {}, () => undefined as never)
    expect(await failure(startKernel(edition([use(nothingAtAll, {})]), host()))).toMatchObject({ code: 'TENON_PLUGIN_STEP_FAILED' })
  })

  it('lets two kernels live in one process', async () => {
    const start = () => startKernel(edition([use(politeGreeter, {})]), host())
    const [left, right] = await Promise.all([start(), start()])
    expect(left.get(greeter)).not.toBe(right.get(greeter))
    await left.stop()
    expect(await right.get(greeter).greet('still here')).toBe('good day, still here')
    await right.stop()
  })

  it('says why a capability is not available', async () => {
    await using kernel = await startKernel(edition([use(politeGreeter, {}), use(politeGreeter, {}, { as: 'b' })]), host())
    expect(() => kernel.get(greeter)).toThrow("'test.greeter/1' is not available: 'test.greeter/1' is provided by greeter and b")
    expect(kernel.get(letters).size).toBe(0)
  })
})

describe('onFailure: continue', () => {
  const failing = (step: 'setup' | 'start') =>
    plugin('failing', {}, { greeter, letter: letters }, () => {
      const fail = () => {
        throw new Error('no network')
      }
      if (step === 'setup') fail()
      return { provide: { greeter: { greet: async () => 'x' }, letter: 'x' }, start: fail }
    })
  const consumer = plugin('consumer', { letters, maybe: optional(greeter) }, {}, ({ needs }) => ({
    provide: {},
    health: () => ({ status: 'degraded', reason: `${needs.letters.size} ${needs.maybe === undefined}` }),
  }))

  it('goes on without an instance that fails in setup; consumers that can do without it start', async () => {
    const options = host()
    await using kernel = await startKernel(edition([use(failing('setup'), {}, { onFailure: 'continue' }), use(consumer, {})]), options)
    expect(await kernel.health()).toEqual({
      failing: { status: 'down', reason: 'setup: no network' },
      consumer: { status: 'degraded', reason: '0 true' },
    })
    expect(options.logger.lines).toMatchObject([
      { level: 'error', message: "the edition goes on without 'failing' in 'setup': no network" },
    ])
    expect(() => kernel.get(greeter)).toThrow('its provider does not run')
  })

  it('refuses calls of an instance that failed in start', async () => {
    await using kernel = await startKernel(edition([use(failing('start'), {}, { onFailure: 'continue' })]), host())
    const error = await failure(kernel.get(greeter).greet('x'))
    expect(PluginNotRunning.is(error)).toBe(true)
    expect(error).toMatchObject({ details: { reason: 'start: no network', operation: 'greet' } })
  })

  it('fails the consumers that can not do without it, by their own policy', async () => {
    const needy = plugin('needy', { greeter }, {}, () => ({ provide: {} }))
    const optionalFailing = use(failing('setup'), {}, { onFailure: 'continue' })
    expect(await failure(startKernel(edition([optionalFailing, use(needy, {})]), host()))).toMatchObject({
      code: 'TENON_PLUGIN_STEP_FAILED',
      details: { instance: 'needy', reason: "'test.greeter/1' is not available: failing did not start" },
    })
    await using kernel = await startKernel(edition([optionalFailing, use(needy, {}, { onFailure: 'continue' })]), host())
    expect(kernel.instances.map(({ state }) => state)).toEqual(['failed', 'failed'])
    const error = await failure(startKernel(edition([optionalFailing]), host({ needs: { greeter } })))
    expect(CapabilityUnavailable.is(error)).toBe(true)
  })
})

describe('stop', () => {
  it('drains all and closes all in reverse, once, and goes on when one hangs or fails', async () => {
    const log: string[] = []
    const plugins = [
      recorded('a', log),
      recorded('b', log, { drain: forever }),
      recorded('c', log, { close: forever }),
      recorded('d', log, {
        drain: () => {
          throw new Error('no')
        },
      }),
    ]
    const options = host({ limits: { drain: 10, close: 10 } })
    const kernel = await startKernel(edition(plugins), options)
    log.length = 0
    await Promise.all([kernel.stop(), kernel.stop()])
    await kernel.stop()
    expect(log).toEqual(['drain d', 'drain c', 'drain b', 'drain a', 'close d', 'close c', 'close b', 'close a'])
    expect(options.logger.lines.map(({ message }) => message)).toEqual([
      "while stopping: 'd' in 'drain': no",
      "while stopping: 'b' in 'drain': not finished in 10 ms",
      "while stopping: 'c' in 'close': not finished in 10 ms",
    ])
  })

  it('releases what one plugin registered last first', async () => {
    const log: number[] = []
    const many = plugin('many', {}, {}, ({ onClose }) => {
      for (const index of [1, 2, 3]) onClose(() => void log.push(index))
      return { provide: {} }
    })
    await (await startKernel(edition([use(many, {})]), host())).stop()
    expect(log).toEqual([3, 2, 1])
  })

  it('makes providers refuse calls', async () => {
    const kernel = await startKernel(edition([use(politeGreeter, {})]), host())
    const kept = kernel.get(greeter)
    await kernel.stop()
    expect(await failure(kept.greet('x'))).toMatchObject({ code: 'TENON_PLUGIN_NOT_RUNNING', details: { reason: 'stopped' } })
    expect(await kernel.health()).toEqual({ greeter: { status: 'down', reason: 'stopped' } })
  })

  it('is the reverse of the start, whatever the edition', async () => {
    const rows = fc.array(fc.array(fc.nat(9), { maxLength: 3 }), { minLength: 1, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(9), async (needsOf, failingAt) => {
        const log: string[] = []
        const plugins = needsOf.map((needs, index) => {
          const needed = Object.fromEntries(
            needs.filter((to) => to < index).map((to) => [`n${to}`, numbered(to)] as [string, AnyCapability]),
          )
          return use(
            plugin(`p${index}`, needed, { own: numbered(index) }, ({ onClose }) => {
              log.push(`up p${index}`)
              onClose(() => void log.push(`down p${index}`))
              return {
                provide: { own: index },
                start() {
                  if (index === failingAt) throw new Error('x')
                },
              }
            }),
            {},
          )
        })
        const outcome = await failure(startKernel(edition(plugins.toReversed()), host()))
        if (typeof outcome === 'object' && outcome !== null && 'stop' in outcome) await (outcome as Kernel).stop()
        const up = log.filter((line) => line.startsWith('up')).map((line) => line.slice(3))
        const down = log.filter((line) => line.startsWith('down')).map((line) => line.slice(5))
        expect(down).toEqual(up.toReversed())
        needsOf.forEach((needs, index) => {
          for (const to of needs.filter((other) => other < index)) expect(up.indexOf(`p${to}`)).toBeLessThan(up.indexOf(`p${index}`))
        })
      }),
      { numRuns: 50 },
    )
  })
})

describe('health', () => {
  it('asks every instance within a limit', async () => {
    const log: string[] = []
    const plugins = [
      recorded('fine', log),
      recorded('weak', log, { health: () => ({ status: 'degraded', reason: 'slow disk' }) }),
      recorded('hanging', log, { health: forever }),
      recorded('throwing', log, { health: () => Promise.reject(new Error('lost')) }),
      recorded('odd', log, { health: () => ({ status: 'great' }) as never }),
    ]
    await using kernel = await startKernel(edition(plugins), host({ limits: { health: 10 } }))
    expect(await kernel.health()).toEqual({
      fine: { status: 'ok' },
      weak: { status: 'degraded', reason: 'slow disk' },
      hanging: { status: 'down', reason: 'no answer in 10 ms' },
      throwing: { status: 'down', reason: 'lost' },
      odd: { status: 'down', reason: 'its health is none of ok, degraded, down' },
    })
  })
})
