export { type Adapter, defineAdapter } from './plugin/adapter.ts'
export {
  type AnyCapability,
  type Arity,
  type Capability,
  type CapabilityId,
  defineCapability,
  of,
  type Shape,
  type TypeOf,
} from './plugin/capability.ts'
export { type ConfigInput, type ConfigOutput, type ConfigSchema, type Configurable, type FromEnv, fromEnv } from './plugin/config.ts'
export { defineEdition, type Edition, type Use, type UseOptions, use } from './plugin/edition.ts'
export { defineError, type ErrorKind, errorCode, type TenonError } from './plugin/error.ts'
export type { Guard, GuardTools } from './plugin/guard.ts'
export type { FetchHandler, Health, InstanceId, Job, Role, Running, SetupContext, Step } from './plugin/lifecycle.ts'
export type { MigrationSet, Migrations, PluginDatabase } from './plugin/migrations.ts'
export {
  type AtLeastOne,
  atLeastOne,
  type IdOf,
  type Need,
  type Needs,
  type Optional,
  optional,
  type Provides,
  type Resolved,
} from './plugin/needs.ts'
export { type Configurations, type PerWorkspace, perWorkspace } from './plugin/per-workspace.ts'
export { type AnyPlugin, CONTRACT, definePlugin, type Plugin, type PluginSpec } from './plugin/plugin.ts'
