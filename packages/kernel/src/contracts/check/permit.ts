import type { GuardTools } from '../../plugin/guard.ts'
import type { Action } from '../consent/contract.ts'
import type { Permit } from '../consent/gate.ts'
import { core } from '../core/core.ts'
import type { Purpose } from '../nouns/purpose.ts'

/** Whether the gate of this kernel stands behind a permit. Without a gate, or with one that fails, nothing is allowed. */
export function isPermitted(
  tools: GuardTools,
  permit: Permit | undefined,
  use: { readonly workspace: string; readonly purpose: Purpose; readonly action: Action; readonly now: Date },
): boolean {
  if (permit === undefined) return false
  try {
    return tools.core(core.gate)?.accepts(permit, use) === true
  } catch {
    return false
  }
}
