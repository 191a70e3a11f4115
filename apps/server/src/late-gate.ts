import type { Gate } from '@tenon/kernel/contracts'

/**
 * Guards need the gate before the policies that it asks have started. Until the gate is there nothing is allowed.
 */
export function lateGate(): Gate & { open(gate: Gate): void } {
  let inner: Gate | undefined
  const refusal = { granted: false, reason: { code: 'GATE_NOT_READY', detail: {} } } as const
  return {
    open(gate) {
      inner = gate
    },
    decide: async (request, context) =>
      inner === undefined ? new Map(request.profiles.map((profile) => [profile, refusal])) : inner.decide(request, context),
    permits: async (request, context) => (inner === undefined ? new Map() : inner.permits(request, context)),
    accepts: (permit, use) => inner?.accepts(permit, use) ?? false,
  }
}
