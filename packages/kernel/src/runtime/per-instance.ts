import type { InstanceId } from '../plugin/lifecycle.ts'

/** Stands in `core` for a value of which every instance gets its own. */
export interface PerInstance {
  readonly $$type: '@tenon/PerInstance'
  of(instance: InstanceId): unknown
}

/**
 * A core value that is made for whoever asks for it.
 *
 * @example
 * ```ts
 * const values = new Map([[core.postgres, perInstance((instance) => store.plugin(instance))]])
 * ```
 */
export const perInstance = (of: (instance: InstanceId) => unknown): PerInstance => Object.freeze({ $$type: '@tenon/PerInstance', of })

/** What an instance gets; nothing where the host itself asks for what belongs to instances. */
export function coreValueFor(instance: InstanceId | undefined, value: unknown): unknown {
  if (!isPerInstance(value)) return value
  return instance === undefined ? undefined : value.of(instance)
}

const isPerInstance = (value: unknown): value is PerInstance =>
  typeof value === 'object' && value !== null && '$$type' in value && value.$$type === '@tenon/PerInstance'
