import type { AnyCapability, Shape } from './capability.ts'
import type { InstanceId } from './lifecycle.ts'

/**
 * What the kernel lends to a guard, for one provider. Every call that goes through it is traced, counted
 * for the circuit breaker of the instance, and fails with a coded error that names instance and operation.
 */
export interface GuardTools {
  readonly instance: InstanceId
  /** Runs a call with a time limit. The signal fires at the limit or when `signal` of the caller does. */
  call<T>(call: {
    readonly operation: string
    readonly limitMs: number
    readonly signal?: AbortSignal
    readonly run: (signal: AbortSignal) => T | Promise<T>
  }): Promise<T>
  /** Runs a synchronous call; throws what `call` would reject with. */
  callSync<T>(call: { readonly operation: string; readonly run: () => T }): T
  /** Walks an async iterable with a time limit per step. */
  stream<T>(call: {
    readonly operation: string
    readonly stepLimitMs: number
    readonly signal?: AbortSignal
    readonly run: (signal: AbortSignal) => AsyncIterable<T>
  }): AsyncIterable<T>
  /** `TENON_CONTRACT_VIOLATION`: the provider answered something that its contract forbids. */
  violation(operation: string, problem: string): Error
  /** A core capability, or undefined where the host gave none. A guard that needs it then fails closed. */
  core<C extends AnyCapability>(capability: C): Shape<C> | undefined
}

/** Wraps a provider, written out method by method: what a reader sees is what runs. */
export type Guard<T> = (provider: T, tools: GuardTools) => T
