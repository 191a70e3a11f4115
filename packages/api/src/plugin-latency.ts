import type { MetricSpec } from '@tenon/kernel/contracts'
import type { Platform } from './platform.ts'

export const callSeconds: MetricSpec<'instance' | 'operation'> = Object.freeze({
  name: 'tenon_plugin_call_seconds',
  kind: 'histogram',
  help: 'Time of calls to plugins that were made; those that an open circuit refused have none.',
  labels: ['instance', 'operation'],
} as const)

type Calls = ReturnType<Platform['kernel']['metrics']>['calls']

/** The kernel has counted into buckets already: printed as they are. */
export function printLatency(calls: Calls): string {
  const { name, kind, help } = callSeconds
  const lines = calls.flatMap(({ instance, operation, latency }) => {
    const labels = `instance="${escaped(instance)}",operation="${escaped(operation)}"`
    return [
      ...latency.buckets.map(({ leMs, count }) => `${name}_bucket{${labels},le="${boundOf(leMs)}"} ${count}`),
      `${name}_sum{${labels}} ${latency.sumMs / 1_000}`,
      `${name}_count{${labels}} ${latency.count}`,
    ]
  })
  return lines.length === 0 ? '' : [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ''].join('\n')
}

const boundOf = (leMs: number): string => (leMs === Number.POSITIVE_INFINITY ? '+Inf' : String(leMs / 1_000))
const escaped = (label: string): string => label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
