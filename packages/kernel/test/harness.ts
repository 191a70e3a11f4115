import { z } from 'zod'
import {
  type AnyCapability,
  type CapabilityId,
  defineCapability,
  definePlugin,
  type Needs,
  of,
  type Provides,
  type Running,
  type SetupContext,
} from '../src/index.ts'
import type { KernelClock, KernelLogger, StartOptions } from '../src/runtime/index.ts'

export interface Line {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>> | undefined
}

export class MemoryLogger implements KernelLogger {
  readonly lines: Line[] = []
  info(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.lines.push({ level: 'info', message, fields })
  }
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.lines.push({ level: 'warn', message, fields })
  }
  error(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.lines.push({ level: 'error', message, fields })
  }
}

export class ManualClock implements KernelClock {
  #now = Date.parse('2026-01-01T00:00:00Z')
  now(): Date {
    return new Date(this.#now)
  }
  advance(ms: number): void {
    this.#now += ms
  }
}

export interface Greeter {
  greet(name: string): Promise<string>
}

export const clock = defineCapability({ id: 'core.clock/1', arity: 'one', type: of<KernelClock>() })

/** A capability behind a guard, as a contract would declare it. */
export const greeter = defineCapability({
  id: 'test.greeter/1',
  arity: 'one',
  type: of<Greeter>(),
  guard: (provider, tools) => ({
    async greet(name) {
      const greeting = await tools.call({ operation: 'greet', limitMs: 50, run: () => provider.greet(name) })
      if (typeof greeting !== 'string') throw tools.violation('greet', 'a greeting is a text')
      return greeting
    },
  }),
})

export const letters = defineCapability({ id: 'test.letter/1', arity: 'many', type: of<string>() })

export const nothing = z.object({})

/** A plugin without configuration, named by its id alone. */
export function plugin<const Id extends string, const N extends Needs, const P extends Provides>(
  id: Id,
  needs: N,
  provides: P,
  setup: (context: SetupContext<N, typeof nothing>) => Running<P> | Promise<Running<P>>,
) {
  return definePlugin({ id, version: '1.0.0', config: nothing, needs, provides, setup })
}

export const politeGreeter = plugin('greeter', {}, { greeter }, () => ({
  provide: { greeter: { greet: async (name: string) => `good day, ${name}` } },
}))

/** What a host brings, with everything that was logged. */
export function host(overrides: Partial<Omit<StartOptions, 'logger' | 'clock'>> = {}) {
  const logger = new MemoryLogger()
  const time = new ManualClock()
  const core = new Map<AnyCapability, unknown>([[clock, time]])
  return { core, clock: time, logger, ...overrides } satisfies StartOptions
}

/** A capability that only a property test knows. */
export const numbered = (index: number): AnyCapability =>
  defineCapability({ id: `test.n${index}/1` satisfies CapabilityId, arity: 'one', type: of<number>() })

/** Waits until a condition holds, and gives up after a bounded number of turns. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000; turn += 1) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error('the condition did not come to hold')
}
