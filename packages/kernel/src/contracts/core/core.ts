import { defineCapability, of } from '../../plugin/capability.ts'
import type { PluginDatabase } from '../../plugin/migrations.ts'
import type { Gate } from '../consent/gate.ts'

/** Structured log lines. `fields` hold no personal data: ids, counts and codes only. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** The only source of time. */
export interface Clock {
  now(): Date
}

/** What the host of a kernel provides. A plugin that asks for it says so in its `needs`. */
export const core = Object.freeze({
  logger: defineCapability({ id: 'core.logger/1', arity: 'one', type: of<Logger>() }),
  clock: defineCapability({ id: 'core.clock/1', arity: 'one', type: of<Clock>() }),
  /** The consent gate: see `contracts/consent`. Guards ask it; plugins rarely need to. */
  gate: defineCapability({ id: 'core.gate/1', arity: 'one', type: of<Gate>() }),
  /** State of its own, for a plugin that brings migrations: each instance gets its own schema. */
  postgres: defineCapability({ id: 'core.postgres/1', arity: 'one', type: of<PluginDatabase>() }),
})
