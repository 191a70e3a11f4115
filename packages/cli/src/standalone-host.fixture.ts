import type { AnyCapability } from '@tenon/kernel'
import { type Clock, core, type Logger } from '@tenon/kernel/contracts'
import type { KernelLogger } from '@tenon/kernel/runtime'
import type { Host } from './host.ts'

/** A host without stores: enough for editions whose plugins ask for the clock and the logger only. */
export const standaloneHost: Host = Object.freeze({
  core: [core.clock, core.logger],
  needs: {},
  canMigrate: false,
  async open({ logger }) {
    const clock: Clock = { now: () => new Date() }
    const provided = new Map<AnyCapability, unknown>([
      [core.clock, clock],
      [core.logger, fullLogger(logger)],
    ])
    return { core: provided, clock, close: async () => {} }
  },
} satisfies Host)

const fullLogger = (logger: KernelLogger): Logger => ({
  debug: () => {},
  info: (message, fields) => logger.info(message, fields),
  warn: (message, fields) => logger.warn(message, fields),
  error: (message, fields) => logger.error(message, fields),
})
