import type { Step } from '../plugin/lifecycle.ts'

/** How long one plugin may take for one step, in milliseconds. */
export type StepLimits = Readonly<Record<Step, number>>

export const DEFAULT_LIMITS: StepLimits = Object.freeze({
  validate: 5_000,
  migrate: 300_000,
  setup: 30_000,
  start: 30_000,
  drain: 15_000,
  close: 10_000,
  health: 1_000,
})
