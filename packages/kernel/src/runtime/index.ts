export { addMetrics } from './add-metrics.ts'
export type { BreakerRules, BreakerState } from './breaker.ts'
export type { Call, CallOutcome, OperationStatistics } from './call-statistics.ts'
export { type Deprecation, deprecations } from './deprecations.ts'
export { parseDuration } from './duration.ts'
export { migrationsOf } from './edition-migrations.ts'
export type { Environment } from './env.ts'
export {
  CapabilityUnavailable,
  ContractViolation,
  EditionInvalid,
  EditionUnreadable,
  JobUnknown,
  PluginCallAborted,
  PluginCallFailed,
  PluginCallTimeout,
  PluginCircuitOpen,
  PluginNotRunning,
  PluginStepFailed,
  PluginStepTimeout,
  runtimeErrors as errors,
} from './errors.ts'
export { type CheckOptions, checkEdition } from './examine.ts'
export { formatCycle, type Node, plan } from './graph.ts'
export type { InspectedInstance, InspectedNeed, Inspection, InstanceView } from './inspection.ts'
export type { InstanceState, Migrate } from './instance.ts'
export type { JobId, KernelJob, Lease } from './jobs.ts'
export type { Kernel, KernelMetrics } from './kernel.ts'
export { DEFAULT_LIMITS, type StepLimits } from './limits.ts'
export { loadEdition } from './load-edition.ts'
export type { KernelClock, KernelLogger } from './logger.ts'
export { type MigrationStep, orderedSteps } from './migration-steps.ts'
export { type PerInstance, perInstance } from './per-instance.ts'
export { formatProblem, type Problem, type ProblemKind } from './problem.ts'
export type { GuardedHandler } from './routes.ts'
export { type StartOptions, startKernel } from './start-kernel.ts'
