import type { KernelLogger } from './logger.ts'

/** A change that plugin authors must follow. A row is never deleted: once removed, it stays as a tombstone. */
export interface Deprecation {
  readonly id: `TENON_DEP_${string}`
  /** What is going away. */
  readonly what: string
  /** What to write instead. */
  readonly instead: string
  /** The version that began to warn. */
  readonly since: string
  /** The version that no longer knows it; for a tombstone, the version that removed it. */
  readonly removal: string
  readonly state: 'deprecated' | 'removed'
}

export const PREVIEW_CONTRACT: Deprecation = Object.freeze({
  id: 'TENON_DEP_PREVIEW_CONTRACT',
  what: 'Plugins built for plugin contract 0, the preview before the first release.',
  instead: 'Build the plugin against the current `@tenon/kernel`; no source has to change.',
  since: '0.1.0',
  removal: 'the release that speaks plugin contract 2',
  state: 'deprecated',
})

/** Everything that is or was deprecated; docs/deprecations.md is made of it. */
export const deprecations: readonly Deprecation[] = Object.freeze([PREVIEW_CONTRACT])

/** Warns once per kernel and deprecation, naming who uses it. */
export function createDeprecationWarner(logger: KernelLogger): (deprecation: Deprecation, users: readonly string[]) => void {
  const warned = new Set<string>()
  return ({ id, what, instead, removal }, users) => {
    if (users.length === 0 || warned.has(id)) return
    warned.add(id)
    logger.warn(`${id}: ${what} ${instead} Gone in ${removal}.`, { deprecation: id, users })
  }
}
