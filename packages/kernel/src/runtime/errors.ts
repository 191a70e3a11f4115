import type { Edition } from '../plugin/edition.ts'
import { defineError, type ErrorKind } from '../plugin/error.ts'
import type { InstanceId, Step } from '../plugin/lifecycle.ts'
import { formatProblem, type Problem } from './problem.ts'

const bullets = (lines: readonly string[]): string => lines.map((line) => `\n  - ${line}`).join('')

export const EditionInvalid = defineError({
  code: 'TENON_EDITION_INVALID',
  title: 'The edition can not start as it is.',
  help: 'Every problem of every plugin is in the list; nothing was started. Each line names the instance, the place and what is wrong. `tenon check <edition>` prints the same list.',
  message: (details: { readonly edition: string; readonly problems: readonly Problem[] }) =>
    `the edition '${details.edition}' can not start:${bullets(details.problems.map(formatProblem))}`,
})

interface UnreadableDetails {
  readonly from: string
  readonly problems: readonly string[]
  /** Of a file whose plugins could not all be imported: the others, so that what is wrong with them can be told as well. */
  readonly readable?: Edition
}

export const EditionUnreadable = defineError({
  code: 'TENON_EDITION_UNREADABLE',
  title: 'The edition could not be read.',
  help: 'The file or package does not exist, is not valid JSON, has keys that an edition does not have, or names plugins that can not be imported. The list names each place. Plugins are resolved from the folder of the edition file.',
  message: (details: UnreadableDetails) => `the edition '${details.from}' can not be read:${bullets(details.problems)}`,
})

export interface StepDetails {
  readonly instance: InstanceId
  readonly plugin: string
  readonly step: Step
  readonly limitMs: number
  readonly reason: string
  /** What went wrong while what had been set up was released again. */
  readonly whileReleasing: readonly string[]
}

const afterwards = ({ whileReleasing }: StepDetails): string =>
  whileReleasing.length === 0 ? '' : `\nand while releasing the others:${bullets(whileReleasing)}`

export const PluginStepTimeout = defineError({
  code: 'TENON_PLUGIN_STEP_TIMEOUT',
  title: 'A plugin did not finish a step of its life in time.',
  help: 'The message names the instance, the step and its limit. A plugin that needs longer to start is better off doing the work after `start`; if the machine is slow, raise the limit of that step. Instances that the edition can do without take `onFailure: "continue"`.',
  message: (details: StepDetails) =>
    `'${details.instance}' (${details.plugin}) did not finish '${details.step}' in ${details.limitMs} ms${afterwards(details)}`,
})

export const PluginStepFailed = defineError({
  code: 'TENON_PLUGIN_STEP_FAILED',
  title: 'A plugin failed in a step of its life.',
  help: 'The message names the instance, the step and the reason; `cause` is what the plugin threw. What had been set up before was released again. Instances that the edition can do without take `onFailure: "continue"`.',
  message: (details: StepDetails) =>
    `'${details.instance}' (${details.plugin}) failed in '${details.step}': ${details.reason}${afterwards(details)}`,
})

interface CallDetails {
  readonly instance: InstanceId
  readonly operation: string
}

export const PluginCallTimeout = defineError({
  code: 'TENON_PLUGIN_CALL_TIMEOUT',
  status: 504,
  title: 'A plugin did not answer a call in time.',
  help: 'The call was given up and its signal fired. Repeated timeouts open the circuit of the instance. Try again later; if it repeats, look at the health of the instance with `tenon inspect`.',
  message: (details: CallDetails & { readonly limitMs: number }) =>
    `'${details.instance}' did not answer ${details.operation} in ${details.limitMs} ms`,
})

export const PluginCallFailed = defineError({
  code: 'TENON_PLUGIN_CALL_FAILED',
  status: 502,
  title: 'A plugin failed in a call.',
  help: 'The plugin threw; `cause` is what it threw. Expected outcomes are values, so this is a fault of the plugin or of what it depends on. Repeated failures open the circuit of the instance.',
  message: (details: CallDetails & { readonly reason: string }) =>
    `'${details.instance}' failed in ${details.operation}: ${details.reason}`,
})

export const PluginCallAborted = defineError({
  code: 'TENON_PLUGIN_CALL_ABORTED',
  status: 499,
  title: 'The caller gave a call to a plugin up.',
  help: 'The signal of the caller fired before the plugin answered. It says nothing about the plugin and does not count against it.',
  message: (details: CallDetails) => `the call of ${details.operation} on '${details.instance}' was given up by its caller`,
})

export const PluginCircuitOpen = defineError({
  code: 'TENON_PLUGIN_CIRCUIT_OPEN',
  status: 503,
  title: 'A plugin failed too often and rests for a while.',
  help: '5 of its last 10 results within a minute were failures, so calls are refused for 10 seconds; then one call is let through to see whether it works again. Each failed probe doubles the rest, up to 5 minutes. Expected outcomes and calls that the caller gave up do not count.',
  message: (details: CallDetails & { readonly retryAfterMs: number }) =>
    `'${details.instance}' failed too often; ${details.operation} is tried again in ${details.retryAfterMs} ms`,
})

export const PluginNotRunning = defineError({
  code: 'TENON_PLUGIN_NOT_RUNNING',
  status: 503,
  title: 'A plugin was called that does not run.',
  help: 'The instance failed to start in an edition that goes on without it, or the kernel has stopped. Its health names the reason.',
  message: (details: CallDetails & { readonly reason: string }) =>
    `'${details.instance}' does not run (${details.reason}); ${details.operation} was refused`,
})

export const ContractViolation = defineError({
  code: 'TENON_CONTRACT_VIOLATION',
  status: 502,
  title: 'A plugin answered something that its contract forbids.',
  help: 'The kernel checks what plugins answer before anyone acts on it. The message names the instance, the operation and the rule. Run the conformance suite of the kind on the plugin: it has a case for every rule.',
  message: (details: CallDetails & { readonly problem: string }) =>
    `'${details.instance}' broke its contract in ${details.operation}: ${details.problem}`,
})

export const CapabilityUnavailable = defineError({
  code: 'TENON_CAPABILITY_UNAVAILABLE',
  status: 503,
  title: 'Nothing in this edition provides a capability.',
  help: 'The host asked the kernel for a capability that no running instance provides, or that several provide and `choose` does not settle. Name it in the needs of the host: then a missing plugin is reported before anything starts.',
  message: (details: { readonly capability: string; readonly reason: string }) =>
    `'${details.capability}' is not available: ${details.reason}`,
})

export const JobUnknown = defineError({
  code: 'TENON_JOB_UNKNOWN',
  status: 404,
  title: 'No plugin of this edition has such a job.',
  help: 'Jobs are named `<instance>/<job>`; `tenon inspect` lists them.',
  message: (details: { readonly job: string }) => `there is no job '${details.job}'`,
})

/** Every kind of error that the runtime raises. */
export const runtimeErrors: readonly ErrorKind<`TENON_${string}`, unknown>[] = [
  EditionInvalid,
  EditionUnreadable,
  PluginStepTimeout,
  PluginStepFailed,
  PluginCallTimeout,
  PluginCallFailed,
  PluginCallAborted,
  PluginCircuitOpen,
  PluginNotRunning,
  ContractViolation,
  CapabilityUnavailable,
  JobUnknown,
]
