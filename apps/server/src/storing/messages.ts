import type { FromStoring } from '@tenon/ingest'
import type { Health, InstanceId } from '@tenon/kernel'
import type { KernelMetrics } from '@tenon/kernel/runtime'
import type { Measurement } from './tally.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** What the process that stores has measured since it last said so, and how it stands. */
export interface Measured {
  readonly measurements: readonly Measurement[]
  /** Of its plugins, since it started. */
  readonly kernel: KernelMetrics
  readonly rssBytes: number
}

/** What the process that stores says. */
export type FromStoringProcess =
  | FromStoring
  | ({ readonly kind: 'measured' } & Measured)
  /** Of its plugins, now and then. */
  | { readonly kind: 'health'; readonly health: Readonly<Record<InstanceId, Health>> }
  /** A line of the log, safe already. */
  | { readonly kind: 'line'; readonly level: Level; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }
