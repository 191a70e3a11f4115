import type { GuardTools } from '../plugin/guard.ts'
import type { Gate, Permit } from './consent/gate.ts'
import { core } from './core/core.ts'

/** Tools without limits and counters, and a gate that accepts the permits in its hands. */
export function guardTools(options: { readonly permits?: readonly Permit[]; readonly gate?: 'absent' | 'broken' } = {}): GuardTools {
  const made = new Set(options.permits)
  const gate: Gate = {
    decide: async () => new Map(),
    permits: async () => new Map(),
    accepts(permit, { workspace, purpose, action }) {
      if (options.gate === 'broken') throw new Error('the ledger is away')
      return made.has(permit) && permit.workspace === workspace && permit.purpose === purpose && permit.action === action
    },
  }
  const values = new Map<string, unknown>(options.gate === 'absent' ? [] : [[core.gate.id, gate]])
  return {
    instance: 'acme.evil',
    async call({ signal, run }) {
      signal?.throwIfAborted()
      return run(signal ?? new AbortController().signal)
    },
    callSync: ({ run }) => run(),
    stream: ({ signal, run }) => run(signal ?? new AbortController().signal),
    violation: (operation, problem) => new Error(`violation in ${operation}: ${problem}`),
    core: <C>(capability: C & { readonly id: string }) => values.get(capability.id) as never,
  }
}

export function permitFor(overrides: Partial<Permit> = {}): Permit {
  return Object.freeze({
    $$type: '@tenon/Permit',
    workspace: 'shop',
    profile: 7,
    purpose: 'marketing',
    action: 'send',
    basis: 'consent',
    decidedAt: new Date('2026-01-15T12:00:00Z'),
    ...overrides,
  })
}
