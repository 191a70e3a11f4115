import type { AnyCapability, InstanceId, Needs, Use } from '@tenon/kernel'
import { core, type Gate } from '@tenon/kernel/contracts'
import { type Environment, type Kernel, type Migrate, startKernel } from '@tenon/kernel/runtime'
import { type TestClock, testClock } from './test-clock.ts'
import { openGate } from './test-gate.ts'
import { type LogLine, testLogger } from './test-logger.ts'

export interface TestKernelOptions<N extends Needs> {
  // biome-ignore lint/suspicious/noExplicitAny: uses of any plugins
  readonly plugins: readonly Use<any>[]
  /** What the test itself asks the kernel for. */
  readonly needs?: N
  readonly choose?: Readonly<Record<string, InstanceId>>
  /** Where the clock stands at the start. */
  readonly now?: Date
  /** Open to everybody unless the test brings its own; `undefined` is a host without a gate. */
  readonly gate?: Gate | undefined
  /** More values of the host, or others. */
  readonly core?: ReadonlyMap<AnyCapability, unknown>
  readonly env?: Environment
  /** Applies the migrations of plugins that bring some; without it they do not start. */
  readonly migrate?: Migrate
}

export interface TestKernel<N extends Needs> extends Kernel<N> {
  readonly clock: TestClock
  readonly gate: Gate | undefined
  readonly logs: readonly LogLine[]
}

/**
 * Starts plugins on the real runtime, with a clock that the test moves and logs that it can read.
 *
 * @example
 * ```ts
 * await using kernel = await startTestKernel({ plugins: [use(pigeonChannel, { loft: 'a' })], needs: { channels: channel } })
 * const pigeon = kernel.needs.channels.get('acme.channel-pigeon')
 * ```
 */
// biome-ignore lint/complexity/noBannedTypes: a test that needs nothing
export async function startTestKernel<const N extends Needs = {}>(options: TestKernelOptions<N>): Promise<TestKernel<N>> {
  const clock = testClock(options.now)
  const logger = testLogger()
  const gate = 'gate' in options ? options.gate : openGate()
  const host: readonly (readonly [AnyCapability, unknown])[] = [
    [core.clock, clock],
    [core.logger, logger],
    ...(gate === undefined ? [] : [[core.gate, gate] as const]),
    ...(options.core ?? []),
  ]
  const kernel = await startKernel(
    { $$type: '@tenon/Edition', name: 'test', plugins: options.plugins, choose: options.choose ?? {}, adapters: [] },
    {
      core: new Map(host),
      clock,
      logger,
      ...(options.needs === undefined ? {} : { needs: options.needs }),
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.migrate === undefined ? {} : { migrate: options.migrate }),
    },
  )
  return Object.freeze({
    ...kernel,
    get instances() {
      return kernel.instances
    },
    clock,
    gate,
    logs: logger.lines,
  })
}
